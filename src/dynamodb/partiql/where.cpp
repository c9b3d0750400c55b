#include "dynamodb/partiql/where.h"

#include <algorithm>
#include <array>

#include "dynamodb/request/errors.h"
#include "dynamodb/expression/operand_checks.h"

namespace brume::dynamodb::partiql {
namespace {

using Kind = Node::Kind;
using wire::ValueType;
using wire::ValueView;

constexpr std::size_t kMaxInOperands = 100;
constexpr std::size_t kMaxOperators = 300;
constexpr int kMaxShared = 8;

struct Function {
  std::string_view name;
  std::uint32_t operands;
  ConditionOp op;
};
constexpr std::array<Function, 5> kConditions = {{{"attribute_exists", 1, ConditionOp::attribute_exists},
                                                  {"attribute_not_exists", 1, ConditionOp::attribute_not_exists},
                                                  {"attribute_type", 2, ConditionOp::attribute_type},
                                                  {"begins_with", 2, ConditionOp::begins_with},
                                                  {"contains", 2, ConditionOp::contains}}};

struct TypeName {
  std::string_view partiql;
  ValueType type;
};
/// PartiQL's types that DynamoDB has one type for. A bag is none: it may be a set of any kind.
constexpr std::array<TypeName, 19> kTypeNames = {{{"BOOL", ValueType::boolean},
                                                  {"BOOLEAN", ValueType::boolean},
                                                  {"STRING", ValueType::string},
                                                  {"VARCHAR", ValueType::string},
                                                  {"CHAR", ValueType::string},
                                                  {"CHARACTER", ValueType::string},
                                                  {"INT", ValueType::number},
                                                  {"INTEGER", ValueType::number},
                                                  {"SMALLINT", ValueType::number},
                                                  {"FLOAT", ValueType::number},
                                                  {"REAL", ValueType::number},
                                                  {"DOUBLE", ValueType::number},
                                                  {"DECIMAL", ValueType::number},
                                                  {"DEC", ValueType::number},
                                                  {"NUMERIC", ValueType::number},
                                                  {"BLOB", ValueType::binary},
                                                  {"LIST", ValueType::list},
                                                  {"STRUCT", ValueType::map},
                                                  {"TUPLE", ValueType::map}}};

std::optional<ValueType> type_of_name(std::string_view partiql) {
  for (const TypeName& name : kTypeNames)
    if (name.partiql == partiql) return name.type;
  return std::nullopt;
}

const Function* condition_function(const Node& node) {
  if (node.kind != Kind::call) return nullptr;
  const auto found = std::find_if(kConditions.begin(), kConditions.end(),
                                  [&](const Function& function) { return function.name == node.text; });
  return found == kConditions.end() ? nullptr : found;
}

void check(const OperandError& error) {
  if (error) throw_validation(*error);
}

class Lowering {
 public:
  Lowering(const Statement& statement, Values& values) : in_(statement), values_(values) {}

  ConditionTree run() {
    condition(in_.nodes[*in_.where]);
    return std::move(tree_);
  }

 private:
  std::uint32_t add(ConditionOp op, std::uint32_t left, std::uint32_t right) {
    tree_.nodes.push_back({op, left, right});
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
  }

  /// A condition on operands, which the statement calls `name`.
  std::uint32_t checked_leaf(ConditionOp op, std::string_view name, std::span<const Operand> operands) {
    static constexpr std::string_view kValidTypes = "{N,BS,L,B,NULL,M,S,SS,NS,BOOL}";
    check(operands_error(op, name, operands, tree_.paths, kValidTypes));
    return leaf(op, operands);
  }

  /// A condition on operands.
  std::uint32_t leaf(ConditionOp op, std::span<const Operand> operands) {
    const auto first = static_cast<std::uint32_t>(tree_.operands.size());
    tree_.operands.insert(tree_.operands.end(), operands.begin(), operands.end());
    return add(op, first, static_cast<std::uint32_t>(operands.size()));
  }

  std::uint32_t negated_if(bool negated, std::uint32_t node) {
    return negated ? add(ConditionOp::not_, node, 0) : node;
  }

  std::uint32_t always(bool value) {
    const std::array<Operand, 2> same{boolean(true), boolean(value)};
    return leaf(ConditionOp::equal, same);
  }

  static bool is_condition(const Node& node) {
    switch (node.kind) {
      case Kind::compare:
      case Kind::between:
      case Kind::in:
      case Kind::is_null:
      case Kind::is_missing:
      case Kind::is_type:
      case Kind::and_:
      case Kind::or_:
      case Kind::not_: return true;
      default: return condition_function(node) != nullptr;
    }
  }

  std::uint32_t condition(const Node& node) {
    // Checked here, not at the end: a condition that is compared is lowered once for each operand of its IN.
    if (++operators_ > kMaxOperators)
      throw_validation("The expression contains too many operators; operator count: " +
                       std::to_string(kMaxOperators + 1));
    switch (node.kind) {
      case Kind::and_:
      case Kind::or_: {
        const std::uint32_t left = condition(in_.child(node, 0));
        const std::uint32_t right = condition(in_.child(node, 1));
        return add(node.kind == Kind::and_ ? ConditionOp::and_ : ConditionOp::or_, left, right);
      }
      case Kind::not_: return add(ConditionOp::not_, condition(in_.child(node, 0)), 0);
      case Kind::compare: return comparison(node);
      case Kind::between: return between(node);
      case Kind::in: return in(node);
      case Kind::is_null: return has_type(node, ValueType::null);
      case Kind::is_type:
        if (const auto type = type_of_name(node.text)) return has_type(node, *type);
        throw_validation("Unsupported operation: IsType");
      case Kind::is_missing: {
        const std::array<Operand, 1> operands{operand(in_.child(node, 0))};
        return checked_leaf(node.negated ? ConditionOp::attribute_exists : ConditionOp::attribute_not_exists,
                            "attribute_not_exists", operands);
      }
      case Kind::call: return call(node);
      case Kind::like: throw_validation("Unsupported operation: Like");
      default: throw_validation("Unsupported operation: a condition must be true or false" + in_.position(node));
    }
  }

  std::uint32_t has_type(const Node& node, ValueType type) {
    const std::array<Operand, 2> operands{operand(in_.child(node, 0)), text(type_name(type))};
    return negated_if(node.negated, checked_leaf(ConditionOp::attribute_type, "attribute_type", operands));
  }

  std::uint32_t call(const Node& node) {
    const Function* function = condition_function(node);
    if (function == nullptr) throw_validation("Unrecognized function: " + std::string(node.text) + in_.position(node));
    if (node.count != function->operands) throw_validation(operand_count_error(node.text, node.count));
    std::vector<Operand> operands;
    for (std::uint32_t i = 0; i < node.count; ++i) operands.push_back(operand(in_.child(node, i)));
    return checked_leaf(function->op, node.text, operands);
  }

  std::uint32_t comparison(const Node& node) {
    const Node& left = in_.child(node, 0);
    const Node& right = in_.child(node, 1);
    const bool ordered = node.op != ConditionOp::equal && node.op != ConditionOp::not_equal;
    if (is_condition(left) || is_condition(right)) {
      if (ordered) throw_validation(operand_type_error(node.text, "BOOL"));
      const std::uint32_t same = is_condition(left) ? same_as(left, right) : same_as(right, left);
      return negated_if(node.op == ConditionOp::not_equal, same);
    }
    const std::array<Operand, 2> operands{operand(left), operand(right)};
    return checked_leaf(node.op, node.text == "!=" ? "<>" : node.text, operands);
  }

  /// "attribute_exists(a) = true": whether a condition's outcome is what `other` is.
  std::uint32_t same_as(const Node& test, const Node& other) {
    const std::uint32_t outcome = condition(test);
    if (is_condition(other)) {
      const std::uint32_t second = condition(other);
      count_shared(other);
      const std::uint32_t both = add(ConditionOp::and_, outcome, second);
      const std::uint32_t either = add(ConditionOp::or_, outcome, second);
      return add(ConditionOp::or_, both, add(ConditionOp::not_, either, 0));
    }
    const Operand wanted = operand(other);
    if (wanted.kind == Operand::Kind::value) {
      if (wanted.value.type() != ValueType::boolean) return always(false);
      return negated_if(!wanted.value.boolean(), outcome);
    }
    count_shared(other);
    const std::array<Operand, 2> is_true{wanted, boolean(true)}, is_false{wanted, boolean(false)};
    const std::uint32_t true_too = add(ConditionOp::and_, outcome, leaf(ConditionOp::equal, is_true));
    const std::uint32_t not_outcome = add(ConditionOp::not_, outcome, 0);
    const std::uint32_t false_too = add(ConditionOp::and_, not_outcome, leaf(ConditionOp::equal, is_false));
    return add(ConditionOp::or_, true_too, false_too);
  }

  /// A comparison that isn't with a literal evaluates its condition twice: nested ones would multiply.
  void count_shared(const Node& node) {
    if (++shared_ > kMaxShared)
      throw_validation("Unsupported operation: too many comparisons of conditions" + in_.position(node));
  }

  std::uint32_t between(const Node& node) {
    const std::array<Operand, 3> operands{operand(in_.child(node, 0)), operand(in_.child(node, 1)),
                                          operand(in_.child(node, 2))};
    return negated_if(node.negated, checked_leaf(ConditionOp::between, node.text, operands));
  }

  std::uint32_t in(const Node& node) {
    const Node& left = in_.child(node, 0);
    const Node& list = in_.child(node, 1);
    if (list.kind != Kind::list && list.kind != Kind::bag)
      throw_validation("The IN operator must be followed by a list" + in_.position(list));
    if (list.count == 0) throw_validation("Empty list in IN operator" + in_.position(list));
    if (list.count > kMaxInOperands)
      throw_validation("The IN operator is provided with too many operands; number of operands: " +
                       std::to_string(list.count));
    if (is_condition(left)) {
      std::uint32_t any = same_as(left, in_.child(list, 0));
      for (std::uint32_t i = 1; i < list.count; ++i) {
        const std::uint32_t next = same_as(left, in_.child(list, i));
        any = add(ConditionOp::or_, any, next);
      }
      return negated_if(node.negated, any);
    }
    std::vector<Operand> operands{operand(left)};
    for (std::uint32_t i = 0; i < list.count; ++i) operands.push_back(operand(in_.child(list, i)));
    return negated_if(node.negated, checked_leaf(ConditionOp::in, "IN", operands));
  }

  Operand operand(const Node& node) {
    Operand out;
    if (Values::is_value(node)) {
      out.value = values_.of(node);
    } else if (node.kind == Kind::path) {
      out.kind = Operand::Kind::path;
      const PathView path = in_.path(node);
      out.path = {static_cast<std::uint32_t>(tree_.paths.steps.size()), node.count};
      tree_.paths.steps.insert(tree_.paths.steps.end(), path.begin(), path.end());
    } else if (node.kind == Kind::call && node.text == "size") {
      return size(node);
    } else if (node.kind == Kind::call) {
      throw_validation("Unrecognized function: " + std::string(node.text) + in_.position(node));
    } else {
      throw_validation("Unsupported operation: " +
                       std::string(node.kind == Kind::add        ? "+"
                                   : node.kind == Kind::subtract ? "-"
                                                                 : "Expression") +
                       in_.position(node));
    }
    return out;
  }

  Operand size(const Node& node) {
    if (node.count != 1) throw_validation(operand_count_error(node.text, node.count));
    Operand out = operand(in_.child(node, 0));
    check(size_error(out));
    out.kind = out.kind == Operand::Kind::path ? Operand::Kind::size_of_path : Operand::Kind::size_of_value;
    return out;
  }

  Operand boolean(bool value) {
    std::string stored;
    wire::append_boolean(stored, value);
    return Operand{.kind = Operand::Kind::value, .path = {}, .value = values_.keep(std::move(stored))};
  }

  Operand text(std::string_view value) {
    std::string stored;
    wire::append_string(stored, value);
    return Operand{.kind = Operand::Kind::value, .path = {}, .value = values_.keep(std::move(stored))};
  }

  const Statement& in_;
  Values& values_;
  ConditionTree tree_;
  std::size_t operators_ = 0;
  int shared_ = 0;
};

/// Copies nodes from one tree to another that shares its operands.
class Pruning {
 public:
  Pruning(const ConditionTree& from, const std::vector<std::uint32_t>& leave_out, ConditionTree& to)
      : from_(from), leave_out_(leave_out), to_(to) {}

  std::optional<std::uint32_t> copy(std::uint32_t index) {
    if (std::find(leave_out_.begin(), leave_out_.end(), index) != leave_out_.end()) return std::nullopt;
    ConditionNode node = from_.nodes[index];
    if (node.op == ConditionOp::and_ || node.op == ConditionOp::or_) {
      const auto left = copy(node.left);
      const auto right = copy(node.right);
      if (!left || !right) return left ? left : right;
      node.left = *left;
      node.right = *right;
    } else if (node.op == ConditionOp::not_) {
      const auto inner = copy(node.left);
      if (!inner) return std::nullopt;
      node.left = *inner;
    }
    to_.nodes.push_back(node);
    return static_cast<std::uint32_t>(to_.nodes.size() - 1);
  }

 private:
  const ConditionTree& from_;
  const std::vector<std::uint32_t>& leave_out_;
  ConditionTree& to_;
};

}  // namespace

ConditionTree lower_where(const Statement& statement, Values& values) {
  return statement.where ? Lowering(statement, values).run() : ConditionTree();
}

ConditionTree without(const ConditionTree& tree, const std::vector<std::uint32_t>& leave_out) {
  ConditionTree out{.paths = tree.paths, .operands = tree.operands, .nodes = {}};
  if (!tree.nodes.empty()) Pruning(tree, leave_out, out).copy(static_cast<std::uint32_t>(tree.nodes.size() - 1));
  return out;
}

ConditionTree joined(ConditionTree tree, ConditionOp op, ConditionOp check, std::string_view attribute) {
  const auto root = static_cast<std::uint32_t>(tree.nodes.size());
  const PathRef path{static_cast<std::uint32_t>(tree.paths.steps.size()), 1};
  tree.paths.steps.push_back({.name = attribute});
  tree.nodes.push_back({check, static_cast<std::uint32_t>(tree.operands.size()), 1});
  tree.operands.push_back({.kind = Operand::Kind::path, .path = path, .value = {}});
  if (root > 0) tree.nodes.push_back({op, root - 1, root});
  return tree;
}

}  // namespace brume::dynamodb::partiql
