#include "dynamodb/expression/condition.h"

#include <cstring>

#include "dynamodb/expression/condition_checks.h"

namespace brume::dynamodb {
namespace {

using wire::ValueType;
using wire::ValueView;

/// Length in UTF-16 code units, as AWS counts: a four-byte character counts twice.
std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  for (unsigned char c : text) length += ((c & 0xc0) != 0x80 ? 1u : 0u) + (c >= 0xf0 ? 1u : 0u);
  return length;
}

std::optional<std::size_t> size_of(ValueView value) {
  switch (value.type()) {
    case ValueType::string: return utf16_length(value.text());
    case ValueType::binary: return value.bytes().size();
    case ValueType::list: return value.list().size();
    case ValueType::map: return value.map().size();
    case ValueType::string_set:
    case ValueType::number_set:
    case ValueType::binary_set: return value.set().size();
    default: return std::nullopt;
  }
}

/// An operand's value for one item. A size is a number of its own, which needs a place to be.
class Resolved {
 public:
  Resolved(const ConditionTree& tree, const Operand& operand, wire::ItemView item) {
    if (operand.kind == Operand::Kind::value || operand.kind == Operand::Kind::size_of_value) value_ = operand.value;
    else value_ = find_path(item, tree.paths.view(operand.path));
    if (operand.kind >= Operand::Kind::size_of_path && value_) take_size();
  }
  Resolved(const Resolved&) = delete;
  Resolved& operator=(const Resolved&) = delete;

  explicit operator bool() const { return value_.has_value(); }
  ValueView operator*() const { return *value_; }

 private:
  void take_size() {
    const auto size = size_of(*value_);
    value_.reset();
    if (!size) return;
    append_number(number_, wire::Number(static_cast<std::int64_t>(*size)));
    value_ = ValueView(number_);
  }

  std::string number_;
  std::optional<ValueView> value_;
};

bool contains(ValueView whole, ValueView part) {
  switch (whole.type()) {
    case ValueType::string:
    case ValueType::binary:
      return part.type() == whole.type() && whole.content().find(part.content()) != std::string_view::npos;
    case ValueType::list:
      for (const wire::Element& element : whole.list())
        if (values_equal(element, part)) return true;
      return false;
    case ValueType::string_set:
    case ValueType::number_set:
    case ValueType::binary_set: return part.type() == whole.set().member_type() && whole.set().contains(part.content());
    default: return false;
  }
}

bool begins_with(ValueView whole, ValueView prefix) {
  return whole.type() == prefix.type() && (whole.type() == ValueType::string || whole.type() == ValueType::binary) &&
         whole.content().starts_with(prefix.content());
}

bool compare(ConditionOp op, ValueView a, ValueView b) {
  const auto order = compare_values(a, b);
  if (!order) return false;
  switch (op) {
    case ConditionOp::less: return *order < 0;
    case ConditionOp::less_equal: return *order <= 0;
    case ConditionOp::greater: return *order > 0;
    default: return *order >= 0;
  }
}

bool holds(const ConditionTree& tree, const ConditionNode& node, wire::ItemView item) {
  switch (node.op) {
    case ConditionOp::and_:
      return holds(tree, tree.nodes[node.left], item) && holds(tree, tree.nodes[node.right], item);
    case ConditionOp::or_: return holds(tree, tree.nodes[node.left], item) || holds(tree, tree.nodes[node.right], item);
    case ConditionOp::not_: return !holds(tree, tree.nodes[node.left], item);
    default: break;
  }
  const Operand* operands = tree.operands.data() + node.left;
  const Resolved first(tree, operands[0], item);
  if (node.op == ConditionOp::attribute_exists) return static_cast<bool>(first);
  if (node.op == ConditionOp::attribute_not_exists) return !first;
  if (node.op == ConditionOp::in) {
    for (std::uint32_t i = 1; first && i < node.right; ++i)
      if (const Resolved other(tree, operands[i], item); other && values_equal(*first, *other)) return true;
    return false;
  }
  const Resolved second(tree, operands[1], item);
  if (!first || !second) return node.op == ConditionOp::not_equal;
  switch (node.op) {
    case ConditionOp::equal: return values_equal(*first, *second);
    case ConditionOp::not_equal: return !values_equal(*first, *second);
    case ConditionOp::between: {
      if (!compare(ConditionOp::greater_equal, *first, *second)) return false;
      const Resolved third(tree, operands[2], item);
      return third && compare(ConditionOp::less_equal, *first, *third);
    }
    case ConditionOp::attribute_type:
      return (*second).type() == ValueType::string && type_name((*first).type()) == (*second).text();
    case ConditionOp::begins_with: return begins_with(*first, *second);
    case ConditionOp::contains: return contains(*first, *second);
    default: return compare(node.op, *first, *second);
  }
}

}  // namespace

ConditionExpression ConditionExpression::parse(std::string_view text, ExpressionContext& context,
                                               std::string_view parameter) {
  return ConditionExpression(lower_condition(parse_condition_syntax(text, parameter), parameter, context));
}

bool ConditionExpression::matches(wire::ItemView item) const {
  return tree_.nodes.empty() || holds(tree_, tree_.nodes.back(), item);
}

bool ConditionExpression::mentions(std::string_view name) const {
  bool found = false;
  for_each_path([&](PathView path) { found |= path[0].name == name; });
  return found;
}

}  // namespace brume::dynamodb
