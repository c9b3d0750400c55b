#include "dynamodb/expression/condition_checks.h"

#include <algorithm>
#include <array>

namespace brume::dynamodb {
namespace {

using Kind = SyntaxNode::Kind;
using wire::ValueType;
using wire::ValueView;

constexpr std::size_t kMaxInOperands = 100;

struct Function {
  std::string_view name;
  std::uint32_t operands;
  bool is_condition;  ///< true or false by itself; otherwise it gives a value
  ConditionOp op;
};
constexpr std::array<Function, 6> kFunctions = {{
    {"attribute_exists", 1, true, ConditionOp::attribute_exists},
    {"attribute_not_exists", 1, true, ConditionOp::attribute_not_exists},
    {"attribute_type", 2, true, ConditionOp::attribute_type},
    {"begins_with", 2, true, ConditionOp::begins_with},
    {"contains", 2, true, ConditionOp::contains},
    {"size", 1, false, ConditionOp::and_},
}};

const Function* find_function(std::string_view name) {
  for (const Function& function : kFunctions)
    if (function.name == name) return &function;
  return nullptr;
}

bool is_ordered_type(ValueType type) { return type <= ValueType::binary; }

/// A value as AWS shows the bounds of BETWEEN.
std::string bound_text(ValueView value) {
  std::string text = "AttributeValue: {" + std::string(type_name(value.type())) + ":";
  if (value.type() == ValueType::number) {
    value.number().append_to(text);
  } else if (value.type() == ValueType::string) {
    text += value.text();
  } else {
    const std::string size = std::to_string(value.bytes().size());
    text += "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
  }
  return text + "}";
}

class Lowering {
 public:
  Lowering(const Syntax& syntax, std::string_view parameter, ExpressionContext& context)
      : syntax_(syntax), resolve_(parameter, syntax, context) {}

  ConditionTree run() {
    const SyntaxNode& root = syntax_.nodes[syntax_.root];
    check_words(root, true);
    resolve_.check_operator_count();
    lower(root);
    return std::move(tree_);
  }

 private:
  // ---- first: what needs no names or values, in the order of the text ----

  void check_words(const SyntaxNode& node, bool as_condition) const {
    if (node.kind == Kind::path) {
      resolve_.check_words(node);
      return;
    }
    if (node.kind == Kind::call) {
      const Function* function = find_function(node.text);
      if (function == nullptr) {
        if (node.text == "if_not_exists" || node.text == "list_append")
          resolve_.fail("The function is not allowed in a condition expression; function: " + std::string(node.text));
        resolve_.fail("Invalid function name; function: " + std::string(node.text));
      }
      if (function->is_condition != as_condition)
        resolve_.fail("The function is not allowed to be used this way in an expression; function: " +
                      std::string(node.text));
    }
    for (std::uint32_t i = 0; i < node.count; ++i) check_words(syntax_.child(node, i), node.kind == Kind::logic);
  }

  // ---- then each condition by itself: definitions, counts, distinctness, types ----

  std::uint32_t lower(const SyntaxNode& node) {
    ConditionNode out{.op = node.op};
    if (node.kind == Kind::logic) {
      out.left = lower(syntax_.child(node, 0));
      if (node.count > 1) out.right = lower(syntax_.child(node, 1));
    } else {
      resolve_.check_names_and_values(node);
      check_counts(node);
      lower_leaf(node, out);
    }
    tree_.nodes.push_back(out);
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
  }

  void check_counts(const SyntaxNode& node) const {
    if (node.kind == Kind::path || node.kind == Kind::value) return;
    if (node.kind == Kind::call && node.count != find_function(node.text)->operands) resolve_.fail_operand_count(node);
    if (node.kind == Kind::in && node.count - 1 > kMaxInOperands)
      resolve_.fail("The IN operator is provided with too many operands; number of operands: " +
                    std::to_string(node.count - 1));
    for (std::uint32_t i = 0; i < node.count; ++i) check_counts(syntax_.child(node, i));
  }

  void lower_leaf(const SyntaxNode& node, ConditionNode& out) {
    out.left = static_cast<std::uint32_t>(tree_.operands.size());
    out.right = node.count;
    if (node.kind == Kind::call) out.op = find_function(node.text)->op;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      const Operand operand = lower_operand(syntax_.child(node, i));
      tree_.operands.push_back(operand);
    }
    const std::span<const Operand> operands = std::span(tree_.operands).subspan(out.left);
    check_distinct(node.text, operands);
    switch (node.kind) {
      case Kind::compare:
        if (node.op != ConditionOp::equal && node.op != ConditionOp::not_equal) check_ordered(node.text, operands);
        break;
      case Kind::between:
        check_ordered(node.text, operands);
        check_bounds(operands[1], operands[2]);
        break;
      case Kind::call: check_function(node, out.op, operands); break;
      default: break;
    }
  }

  Operand lower_operand(const SyntaxNode& node) {
    Operand out;
    if (node.kind == Kind::path) {
      out.kind = Operand::Kind::path;
      out.path = resolve_.path(node, tree_.paths);
    } else if (node.kind == Kind::value) {
      out.value = resolve_.value(node);
    } else {  // size(…): check_words has let no other function through
      out = lower_operand(syntax_.child(node, 0));
      const auto type = static_type(out);
      if (type && (*type == ValueType::number || *type == ValueType::boolean || *type == ValueType::null))
        resolve_.fail_operand_type("size", type_name(*type));
      out.kind = out.kind == Operand::Kind::path ? Operand::Kind::size_of_path : Operand::Kind::size_of_value;
    }
    return out;
  }

  /// The type that an operand has whatever the item; nullopt for a path.
  static std::optional<ValueType> static_type(const Operand& operand) {
    switch (operand.kind) {
      case Operand::Kind::path: return std::nullopt;
      case Operand::Kind::value: return operand.value.type();
      default: return ValueType::number;
    }
  }

  void check_distinct(std::string_view op, std::span<const Operand> operands) const {
    if (operands[0].kind != Operand::Kind::path) return;
    const PathView first = tree_.paths.view(operands[0].path);
    for (const Operand& other : operands.subspan(1))
      if (other.kind == Operand::Kind::path && same_path(first, tree_.paths.view(other.path)))
        resolve_.fail(
            "The first operand must be distinct from the remaining operands for this operator or function; operator: " +
            std::string(op) + ", first operand: " + path_text(first));
  }

  void check_ordered(std::string_view op, std::span<const Operand> operands) const {
    for (const Operand& operand : operands)
      if (const auto type = static_type(operand); type && !is_ordered_type(*type))
        resolve_.fail_operand_type(op, type_name(*type));
  }

  void check_bounds(const Operand& lower, const Operand& upper) const {
    if (lower.kind != Operand::Kind::value || upper.kind != Operand::Kind::value) return;
    const bool same = lower.value.type() == upper.value.type();
    if (same && *compare_values(lower.value, upper.value) <= 0) return;
    const std::string wish = same ? "upper bound to be greater than or equal to lower bound"
                                  : "same data type for lower and upper bounds";
    resolve_.fail("The BETWEEN operator requires " + wish + "; lower bound operand: " + bound_text(lower.value) +
                  ", upper bound operand: " + bound_text(upper.value));
  }

  void check_function(const SyntaxNode& node, ConditionOp op, std::span<const Operand> operands) const {
    if ((op == ConditionOp::attribute_exists || op == ConditionOp::attribute_not_exists ||
         op == ConditionOp::attribute_type) &&
        operands[0].kind != Operand::Kind::path)
      resolve_.fail_needs_path(node.text);
    if (op == ConditionOp::begins_with) {
      for (const Operand& operand : operands)
        if (const auto type = static_type(operand);
            type && *type != ValueType::string && *type != ValueType::binary)
          resolve_.fail_operand_type(node.text, type_name(*type));
    }
    if (op == ConditionOp::attribute_type) check_type_name(node, operands[1]);
  }

  void check_type_name(const SyntaxNode& node, const Operand& operand) const {
    const auto type = static_type(operand);
    if (!type) resolve_.fail_operand_type(node.text, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
    if (*type != ValueType::string) resolve_.fail_operand_type(node.text, type_name(*type));
    if (!wire::type_from_name(operand.value.text()))
      resolve_.fail("Invalid attribute type name found; type: " + std::string(operand.value.text()) +
                    ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
  }

  const Syntax& syntax_;
  Resolver resolve_;
  ConditionTree tree_;
};

}  // namespace

ConditionTree lower_condition(const Syntax& syntax, std::string_view parameter, ExpressionContext& context) {
  return Lowering(syntax, parameter, context).run();
}

}  // namespace brume::dynamodb
