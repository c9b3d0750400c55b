#include "dynamodb/expression/condition_checks.h"

#include <algorithm>
#include <array>

#include "dynamodb/expression/operand_checks.h"

namespace brume::dynamodb {
namespace {

using Kind = SyntaxNode::Kind;

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
    if (node.kind == Kind::call && node.count != find_function(node.text)->operands)
      resolve_.fail(operand_count_error(node.text, node.count));
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
    static constexpr std::string_view kValidTypes = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}";
    if (const auto error = operands_error(out.op, node.text, operands, tree_.paths, kValidTypes)) resolve_.fail(*error);
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
      if (const auto error = size_error(out)) resolve_.fail(*error);
      out.kind = out.kind == Operand::Kind::path ? Operand::Kind::size_of_path : Operand::Kind::size_of_value;
    }
    return out;
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
