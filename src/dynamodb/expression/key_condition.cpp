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
    if (found) fail("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
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
  return out;
}

void KeyConditionExpression::check() { collect(tree_.nodes.back()); }

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
  NamedCondition part;
  part.attribute = tree_.paths.view(operands[at].path)[0].name;
  for (const NamedCondition& other : parts_)
    if (other.attribute == part.attribute)
      fail("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key");
  part.condition.op = sort_op(at == 0 ? node.op : mirrored(node.op));
  part.condition.value = operands[at == 0 ? 1 : 0].value;
  if (node.op == ConditionOp::between) part.condition.upper = operands[2].value;
  parts_.push_back(part);
}

namespace {

/// Walks through a key schema with the conditions of a query.
class Fitter {
 public:
  Fitter(std::span<const NamedCondition> conditions, const KeySchema& schema, const KeyAttributeVisitor& before_each)
      : conditions_(conditions), schema_(schema), before_each_(before_each) {}

  KeyCondition fit() {
    const bool simple = schema_.partition.size() == 1 && schema_.sort.size() <= 1;
    if (simple && conditions_.size() > 2) fail("Conditions can be of length 1 or 2 only");
    if (schema_.partition.size() > 1) check_partition_equalities();
    for (const KeyAttribute& attribute : schema_.partition) partition_attribute(attribute);
    left_ = conditions_.size() - schema_.partition.size();
    if (schema_.sort.size() > 1) check_leading_sorts();
    for (const KeyAttribute& attribute : schema_.sort) sort_attribute(attribute);
    if (left_ > 0) fail(std::string(kNotSupported));
    return std::move(out_);
  }

 private:
  static constexpr std::string_view kNotSupported = "Query key condition not supported";

  void partition_attribute(const KeyAttribute& attribute) {
    if (before_each_) before_each_(attribute);
    if (schema_.sort.empty() && conditions_.size() > schema_.partition.size()) fail(std::string(kNotSupported));
    const NamedCondition* condition = find(attribute);
    if (condition == nullptr) missed(attribute);
    check_condition(attribute, *condition);
    if (condition->condition.op != SortCondition::Op::equal) fail(std::string(kNotSupported));
    out_.partition.push_back(condition->condition.value);
  }

  bool lacks_equality(const KeyAttribute& attribute) const {
    const NamedCondition* condition = find(attribute);
    return condition == nullptr || condition->condition.op != SortCondition::Op::equal;
  }

  /// Of several partition key attributes each needs an equality.
  void check_partition_equalities() const {
    std::string lacking;
    for (const KeyAttribute& attribute : schema_.partition)
      if (lacks_equality(attribute)) (lacking += lacking.empty() ? "" : ", ") += attribute.name;
    if (!lacking.empty())
      fail("HASH key attributes " + lacking + " must have equality conditions specified in the query");
  }

  /// Of several sort key attributes all before the last one that has a condition need equalities.
  void check_leading_sorts() const {
    std::size_t last = schema_.sort.size();
    while (last > 0 && find(schema_.sort[last - 1]) == nullptr) --last;
    std::string lacking;
    for (std::size_t i = 0; i + 1 < last; ++i)
      if (lacks_equality(schema_.sort[i])) (lacking += lacking.empty() ? "" : ", ") += schema_.sort[i].name;
    if (!lacking.empty())
      fail("RANGE key attributes " + lacking +
           " must have equality conditions specified in the query because a condition is present on key attribute " +
           std::string(schema_.sort[last - 1].name));
  }

  void sort_attribute(const KeyAttribute& attribute) {
    if (before_each_) before_each_(attribute);
    if (left_ == 0) return;
    const NamedCondition* condition = find(attribute);
    if (condition == nullptr) missed(attribute);  // the condition is on no key attribute at all
    check_condition(attribute, *condition);
    left_ -= 1;
    if (left_ == 0) out_.sort = condition->condition;
    else if (condition->condition.op != SortCondition::Op::equal) fail(std::string(kNotSupported));
    else out_.sort_equal.push_back(condition->condition.value);
  }

  const NamedCondition* find(const KeyAttribute& attribute) const {
    for (const NamedCondition& condition : conditions_)
      if (condition.attribute == attribute.name) return &condition;
    return nullptr;
  }

  [[noreturn]] static void missed(const KeyAttribute& attribute) {
    fail("Query condition missed key schema element: " + std::string(attribute.name));
  }

  static void check_condition(const KeyAttribute& attribute, const NamedCondition& condition) {
    if (!condition.indexable) fail("Attempted conditional constraint is not an indexable operation");
    check_value(attribute, condition.condition.value);
    if (condition.condition.op == SortCondition::Op::between) check_value(attribute, condition.condition.upper);
  }

  std::span<const NamedCondition> conditions_;
  const KeySchema& schema_;
  const KeyAttributeVisitor& before_each_;
  std::size_t left_ = 0;  ///< conditions that are still to be fitted
  KeyCondition out_;
};

}  // namespace

KeyCondition fit_conditions(std::span<const NamedCondition> conditions, const KeySchema& schema,
                            const KeyAttributeVisitor& before_each) {
  return Fitter(conditions, schema, before_each).fit();
}

KeyCondition KeyConditionExpression::resolve(const KeySchema& schema, const KeyAttributeVisitor& before_each) const {
  const bool simple = schema.partition.size() == 1 && schema.sort.size() <= 1;
  if (simple && parts_.size() > 2)
    fail("The number of query conditions (" + std::to_string(parts_.size()) +
         ") exceeds the number of key attributes defined in the schema (" + std::to_string(1 + schema.sort.size()) +
         ")");
  return fit_conditions(parts_, schema, before_each);
}

}  // namespace brume::dynamodb
