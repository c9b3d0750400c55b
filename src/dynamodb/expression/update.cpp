// Parsing and checking of update expressions; update_apply.cpp runs them.
#include "dynamodb/expression/update.h"

#include <algorithm>
#include <array>

#include "dynamodb/expression/operand_checks.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/expression/resolver.h"

namespace brume::dynamodb {
namespace {

using Kind = SyntaxNode::Kind;
using ActionKind = SyntaxAction::Kind;
using wire::ValueType;

constexpr std::string_view kParameter = "UpdateExpression";
constexpr std::array<std::string_view, 4> kSections = {"SET", "REMOVE", "ADD", "DELETE"};

std::string_view section_name(ActionKind kind) { return kSections[static_cast<std::size_t>(kind)]; }

/// Types as the errors of ADD and DELETE name them.
std::string_view long_type_name(ValueType type) {
  constexpr std::array<std::string_view, 10> kNames = {"STRING", "NUMBER", "BINARY",     "BOOLEAN",    "NULL",
                                                       "LIST",   "MAP",    "STRING_SET", "NUMBER_SET", "BINARY_SET"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_condition_function(std::string_view name) {
  return name == "attribute_exists" || name == "attribute_not_exists" || name == "attribute_type" ||
         name == "begins_with" || name == "contains" || name == "size";
}

class Lowering {
 public:
  Lowering(const Syntax& syntax, ExpressionContext& context) : syntax_(syntax), resolve_(kParameter, syntax, context) {}

  UpdateTree run() {
    check_sections();
    resolve_.check_operator_count();
    resolve_paths();
    // AWS goes through the actions from the last to the first: all names, then values and their types.
    for (std::size_t i = syntax_.actions.size(); i-- > 0;)
      if (const SyntaxAction& action = syntax_.actions[i]; action.kind != ActionKind::remove)
        resolve_.check_names(syntax_.nodes[action.value]);
    for (std::size_t i = syntax_.actions.size(); i-- > 0;) lower(syntax_.actions[i], tree_.actions[i]);
    return std::move(tree_);
  }

 private:
  /// What needs no names or values: one kind of section after the other, as they first appear.
  void check_sections() const {
    std::array<bool, 4> done{};
    for (const SyntaxAction& first : syntax_.actions) {
      if (std::exchange(done[static_cast<std::size_t>(first.kind)], true)) continue;
      bool repeated = false;
      for (const SyntaxAction& action : syntax_.actions) {
        if (action.kind != first.kind) continue;
        repeated |= action.section != first.section;
        resolve_.check_words(syntax_.nodes[action.path]);
        if (action.kind != ActionKind::remove) check_words(syntax_.nodes[action.value], false);
      }
      if (repeated)
        resolve_.fail("The \"" + std::string(section_name(first.kind)) +
                      "\" section can only be used once in an update expression;");
    }
  }

  void check_words(const SyntaxNode& node, bool in_call) const {
    if (node.kind == Kind::path) resolve_.check_words(node);
    if (node.kind == Kind::path || node.kind == Kind::value) return;
    if (node.kind == Kind::call) {
      const std::string name(node.text);
      if (is_condition_function(name))
        resolve_.fail("The function is not allowed in an update expression; function: " + name);
      if (name != "if_not_exists" && name != "list_append") resolve_.fail("Invalid function name; function: " + name);
      if (in_call && name == "list_append")
        resolve_.fail("The function is not allowed to be used this way in an expression; function: " + name);
    }
    for (std::uint32_t i = 0; i < node.count; ++i) check_words(syntax_.child(node, i), node.kind == Kind::call);
  }

  void resolve_paths() {
    for (const SyntaxAction& action : syntax_.actions) resolve_.check_names(syntax_.nodes[action.path]);
    std::vector<PathRef> paths;
    for (const SyntaxAction& action : syntax_.actions) {
      UpdateAction out;
      out.section = action.section;
      out.path = resolve_.path(syntax_.nodes[action.path], tree_.paths);
      paths.push_back(out.path);
      tree_.actions.push_back(out);
    }
    resolve_.check_overlaps(tree_.paths, paths);
  }

  void lower(const SyntaxAction& action, UpdateAction& out) {
    if (action.kind == ActionKind::remove) {
      out.kind = UpdateAction::Kind::remove;
      return;
    }
    const SyntaxNode& value = syntax_.nodes[action.value];
    resolve_.check_names_and_values(value);
    if (action.kind == ActionKind::set) {
      lower_set(value, out);
      return;
    }
    const bool is_add = action.kind == ActionKind::add;
    out.kind = is_add ? UpdateAction::Kind::add : UpdateAction::Kind::remove_members;
    out.value = resolve_.value(value);
    if (!out.value.is_set() && !(is_add && out.value.type() == ValueType::number)) {
      const std::string section(section_name(action.kind));
      resolve_.fail("Incorrect operand type for operator or function; operator: " + section + ", operand type: " +
                    std::string(long_type_name(out.value.type())) + ", typeSet: ALLOWED_FOR_" + section + "_OPERAND");
    }
  }

  void lower_set(const SyntaxNode& node, UpdateAction& out) {
    if (node.kind != Kind::arithmetic) {
      out.kind = UpdateAction::Kind::set;
      out.left = lower_operand(node);
      return;
    }
    out.kind = node.text == "+" ? UpdateAction::Kind::set_sum : UpdateAction::Kind::set_difference;
    out.left = lower_operand(syntax_.child(node, 0));
    out.right = lower_operand(syntax_.child(node, 1));
    check_type(node.text, out.left, ValueType::number);
    check_type(node.text, out.right, ValueType::number);
  }

  std::uint32_t lower_operand(const SyntaxNode& node) {
    UpdateOperand out;
    if (node.kind == Kind::path) {
      out.kind = UpdateOperand::Kind::path;
      out.path = resolve_.path(node, tree_.paths);
    } else if (node.kind == Kind::value) {
      out.value = resolve_.value(node);
    } else {
      if (node.count != 2) resolve_.fail(operand_count_error(node.text, node.count));
      out.first = lower_operand(syntax_.child(node, 0));
      out.second = lower_operand(syntax_.child(node, 1));
      node.text == "list_append" ? check_list_append(out) : check_if_not_exists(out);
    }
    tree_.operands.push_back(out);
    return static_cast<std::uint32_t>(tree_.operands.size() - 1);
  }

  void check_list_append(UpdateOperand& out) const {
    out.kind = UpdateOperand::Kind::list_append;
    check_type("list_append", out.first, ValueType::list);
    check_type("list_append", out.second, ValueType::list);
  }

  void check_if_not_exists(UpdateOperand& out) const {
    out.kind = UpdateOperand::Kind::if_not_exists;
    const UpdateOperand& path = tree_.operands[out.first];
    if (path.kind != UpdateOperand::Kind::path) resolve_.fail(needs_path_error("if_not_exists"));
    const UpdateOperand& other = tree_.operands[out.second];
    if (other.kind == UpdateOperand::Kind::path && same_path(tree_.paths.view(path.path), tree_.paths.view(other.path)))
      resolve_.fail(
          "The first operand must be distinct from the remaining operands for this operator or function; operator: "
          "if_not_exists, first operand: " +
          path_text(tree_.paths.view(path.path)));
    out.path = path.path;
    out.first = out.second;
  }

  /// A value of another type than the operator takes is refused before any item is read.
  void check_type(std::string_view op, std::uint32_t index, ValueType wanted) const {
    const UpdateOperand& operand = tree_.operands[index];
    if (operand.kind == UpdateOperand::Kind::value && operand.value.type() != wanted)
      resolve_.fail(operand_type_error(op, type_name(operand.value.type())));
  }

  const Syntax& syntax_;
  Resolver resolve_;
  UpdateTree tree_;
};

}  // namespace

UpdateExpression UpdateExpression::parse(std::string_view text, ExpressionContext& context) {
  const Syntax syntax = parse_update_syntax(text);
  return UpdateExpression(Lowering(syntax, context).run());
}

bool UpdateExpression::only_removes() const {
  // Without any action (AttributeUpdates = {}) AWS creates the item.
  return !tree_.actions.empty() &&
         std::all_of(tree_.actions.begin(), tree_.actions.end(), [](const UpdateAction& action) {
           return action.kind == UpdateAction::Kind::remove || action.kind == UpdateAction::Kind::remove_members;
         });
}

bool UpdateExpression::modifies(std::string_view name) const {
  for (const UpdateAction& action : tree_.actions)
    if (tree_.paths.view(action.path)[0].name == name) return true;
  return false;
}

std::optional<KnownResult> UpdateExpression::known_result(std::string_view name) const {
  using Kind = UpdateAction::Kind;
  for (const UpdateAction& action : tree_.actions) {
    const PathView path = tree_.paths.view(action.path);
    if (path.size() != 1 || path[0].name != name) continue;
    if (action.kind == Kind::set_sum || action.kind == Kind::set_difference)
      return KnownResult{ValueType::number, std::nullopt};
    if (action.kind == Kind::add) return KnownResult{action.value.type(), std::nullopt};
    if (action.kind != Kind::set) return std::nullopt;
    const UpdateOperand& operand = tree_.operands[action.left];
    if (operand.kind == UpdateOperand::Kind::value) return KnownResult{operand.value.type(), operand.value};
    if (operand.kind == UpdateOperand::Kind::list_append) return KnownResult{ValueType::list, std::nullopt};
    return std::nullopt;
  }
  return std::nullopt;
}

std::string UpdateExpression::updated_part(wire::ItemView item) const {
  std::vector<PathRef> paths;
  for (const UpdateAction& action : tree_.actions) paths.push_back(action.path);
  std::string out;
  append_projection(item, tree_.paths, paths, out);
  return out;
}

}  // namespace brume::dynamodb
