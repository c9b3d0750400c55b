#include "dynamodb/expression/key_condition.h"

#include "base/error.h"
#include "dynamodb/expression/condition_checks.h"

namespace brume::dynamodb {
namespace {

using wire::ValueType;
using wire::ValueView;

constexpr std::string_view kParameter = "KeyConditionExpression";

[[noreturn]] void fail(std::string text) { throw AwsError(kValidationException, std::move(text)); }

/// What the operators are called that a key condition may not use; empty for the others.
std::string_view refused_operator(ConditionOp op) {
  switch (op) {
    case ConditionOp::or_: return "OR";
    case ConditionOp::not_: return "NOT";
    case ConditionOp::in: return "IN";
    case ConditionOp::not_equal: return "<>";
    case ConditionOp::attribute_exists: return "attribute_exists";
    case ConditionOp::attribute_not_exists: return "attribute_not_exists";
    case ConditionOp::attribute_type: return "attribute_type";
    case ConditionOp::contains: return "contains";
    default: return {};
  }
}

SortCondition::Op sort_op(ConditionOp op) {
  switch (op) {
    case ConditionOp::less: return SortCondition::Op::less;
    case ConditionOp::less_equal: return SortCondition::Op::less_equal;
    case ConditionOp::greater: return SortCondition::Op::greater;
    case ConditionOp::greater_equal: return SortCondition::Op::greater_equal;
    case ConditionOp::between: return SortCondition::Op::between;
    case ConditionOp::begins_with: return SortCondition::Op::begins_with;
    default: return SortCondition::Op::equal;
  }
}

/// ":v < a" says "a > :v".
ConditionOp mirrored(ConditionOp op) {
  switch (op) {
    case ConditionOp::less: return ConditionOp::greater;
    case ConditionOp::less_equal: return ConditionOp::greater_equal;
    case ConditionOp::greater: return ConditionOp::less;
    case ConditionOp::greater_equal: return ConditionOp::less_equal;
    default: return op;
  }
}

void check_first_operand(const ConditionNode& node, const Operand& first) {
  if (node.op != ConditionOp::between && node.op != ConditionOp::begins_with) return;
  if (first.kind == Operand::Kind::path) return;
  fail("Invalid condition in KeyConditionExpression: " +
       std::string(node.op == ConditionOp::between ? "BETWEEN" : "begins_with") +
       " operator must have the key attribute as its first operand");
}

/// Which operand is the attribute.
std::size_t attribute_operand(const ConditionTree& tree, std::span<const Operand> operands) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].kind == Operand::Kind::value) continue;
    if (operands[i].kind != Operand::Kind::path) fail("KeyConditionExpressions cannot contain nested operations");
    if (found)
      fail("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
    if (tree.paths.view(operands[i].path).size() > 1)
      fail("KeyConditionExpressions cannot have conditions on nested attributes");
    found = i;
  }
  if (!found) fail("Invalid condition in KeyConditionExpression: No key attribute specified");
  return *found;
}

void check_value(const KeyAttribute& attribute, ValueView value) {
  if (value.type() != attribute.type)
    fail("One or more parameter values were invalid: Condition parameter type does not match schema type");
  if (value.type() != ValueType::number && value.content().empty())
    fail("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
         std::string(value.type() == ValueType::string ? "string" : "binary") +
         " value. Key: " + std::string(attribute.name));
}

}  // namespace

KeyConditionExpression KeyConditionExpression::parse(std::string_view text, ExpressionContext& context) {
  KeyConditionExpression out;
  out.tree_ = lower_condition(parse_condition_syntax(text, kParameter), kParameter, context);
  out.collect(out.tree_.nodes.back());
  for (const Part& part : out.parts_)
    if (part.condition.op == SortCondition::Op::equal &&
        (part.condition.value.type() == ValueType::boolean || part.condition.value.type() == ValueType::null ||
         part.condition.value.type() == ValueType::list || part.condition.value.type() == ValueType::map))
      fail("One or more parameter values were invalid: ComparisonOperator EQ is not valid for " +
           std::string(type_name(part.condition.value.type())) + " AttributeValue type");
  if (out.parts_.size() > 2) fail("Conditions can be of length 1 or 2 only");
  return out;
}

void KeyConditionExpression::collect(const ConditionNode& node) {
  if (node.op == ConditionOp::and_) {
    collect(tree_.nodes[node.left]);
    collect(tree_.nodes[node.right]);
    return;
  }
  if (const std::string_view refused = refused_operator(node.op); !refused.empty())
    fail("Invalid operator used in KeyConditionExpression: " + std::string(refused));
  const std::span<const Operand> operands = std::span(tree_.operands).subspan(node.left, node.right);
  check_first_operand(node, operands[0]);
  const std::size_t at = attribute_operand(tree_, operands);
  Part part;
  part.attribute = tree_.paths.view(operands[at].path)[0].name;
  for (const Part& other : parts_)
    if (other.attribute == part.attribute) fail("KeyConditionExpressions must only contain one condition per key");
  part.condition.op = sort_op(at == 0 ? node.op : mirrored(node.op));
  part.condition.value = operands[at == 0 ? 1 : 0].value;
  if (node.op == ConditionOp::between) part.condition.upper = operands[2].value;
  parts_.push_back(part);
}

KeyCondition KeyConditionExpression::resolve(const KeySchema& schema) const {
  const auto find = [&](std::string_view name) -> const SortCondition* {
    for (const Part& part : parts_)
      if (part.attribute == name) return &part.condition;
    return nullptr;
  };
  if (!schema.sort && parts_.size() > 1) fail("Query key condition not supported");
  const SortCondition* partition = find(schema.partition.name);
  if (partition == nullptr)
    fail("Query condition missed key schema element: " + std::string(schema.partition.name));
  check_value(schema.partition, partition->value);
  if (partition->op != SortCondition::Op::equal) fail("Query key condition not supported");
  KeyCondition out{.partition = partition->value, .sort = std::nullopt};
  if (parts_.size() == 1) return out;
  const SortCondition* sort = find(schema.sort->name);
  if (sort == nullptr) fail("Query condition missed key schema element: " + std::string(schema.sort->name));
  check_value(*schema.sort, sort->value);
  if (sort->op == SortCondition::Op::between) check_value(*schema.sort, sort->upper);
  out.sort = *sort;
  return out;
}

}  // namespace brume::dynamodb
