#include "dynamodb/partiql/changes.h"

#include "dynamodb/request/errors.h"
#include "dynamodb/expression/operand_checks.h"
#include "dynamodb/expression/resolver.h"

namespace brume::dynamodb::partiql {
namespace {

using Kind = Node::Kind;
using wire::ValueType;
using Action = UpdateAction::Kind;

class Lowering {
 public:
  Lowering(const Statement& statement, Values& values) : in_(statement), values_(values) {}

  UpdateTree run() {
    for (const Change& change : in_.changes) {
      UpdateAction action;
      action.section = change.section;
      action.path = path(in_.nodes[change.path]);
      if (change.remove) action.kind = Action::remove;
      else assign(in_.nodes[change.value], action);
      tree_.actions.push_back(action);
    }
    check_overlaps();
    return std::move(tree_);
  }

 private:
  PathRef path(const Node& node) {
    const PathView steps = in_.path(node);
    const PathRef ref{static_cast<std::uint32_t>(tree_.paths.steps.size()), node.count};
    tree_.paths.steps.insert(tree_.paths.steps.end(), steps.begin(), steps.end());
    return ref;
  }

  void assign(const Node& node, UpdateAction& action) {
    if (node.kind == Kind::add || node.kind == Kind::subtract) {
      action.kind = node.kind == Kind::add ? Action::set_sum : Action::set_difference;
      action.left = term(node, 0);
      action.right = term(node, 1);
    } else if (node.kind == Kind::call && (node.text == "set_add" || node.text == "set_delete")) {
      change_set(node, action);
    } else {
      action.left = operand(node);
    }
  }

  /// One side of a sum.
  std::uint32_t term(const Node& sum, std::uint32_t side) {
    const Node& node = in_.child(sum, side);
    const std::uint32_t index = operand(node);
    const UpdateOperand& made = tree_.operands[index];
    if (made.kind == UpdateOperand::Kind::value && made.value.type() != ValueType::number)
      throw_validation(operand_type_error(sum.text, type_name(made.value.type())));
    return index;
  }

  std::uint32_t operand(const Node& node) {
    UpdateOperand out;
    if (Values::is_value(node)) {
      out.value = values_.of(node);
    } else if (node.kind == Kind::path) {
      out.kind = UpdateOperand::Kind::path;
      out.path = path(node);
    } else if (node.kind == Kind::call && node.text == "list_append") {
      if (node.count != 2) throw_validation("LIST_APPEND must have exactly two arguments" + in_.position(node));
      out.kind = UpdateOperand::Kind::list_append;
      out.first = list(in_.child(node, 0));
      out.second = list(in_.child(node, 1));
    } else if (node.kind == Kind::call) {
      throw_validation("Unrecognized function: " + std::string(node.text) + in_.position(node));
    } else {
      throw_validation("Unsupported operation in an assignment" + in_.position(node));
    }
    tree_.operands.push_back(out);
    return static_cast<std::uint32_t>(tree_.operands.size() - 1);
  }

  std::uint32_t list(const Node& node) {
    const std::uint32_t index = operand(node);
    const UpdateOperand& made = tree_.operands[index];
    if (made.kind == UpdateOperand::Kind::value && made.value.type() != ValueType::list)
      throw_validation(operand_type_error("list_append", type_name(made.value.type())));
    return index;
  }

  /// SET a = set_add(a, <<…>>): the update expressions' ADD and DELETE.
  void change_set(const Node& node, UpdateAction& action) {
    const bool adds = node.text == "set_add";
    const std::string name = adds ? "SET_ADD" : "SET_DELETE";
    if (node.count != 2) throw_validation(name + " must have exactly two arguments" + in_.position(node));
    const Node& target = in_.child(node, 0);
    if (target.kind != Kind::path || !same_path(in_.path(target), tree_.paths.view(action.path)))
      throw_validation("The first argument to " + name + " must equal the assignment value" + in_.position(node));
    const Node& members = in_.child(node, 1);
    if (Values::is_value(members)) action.value = values_.of(members);
    if (!Values::is_value(members) || !action.value.is_set())
      throw_validation("The second argument to " + name + " must be a value with type SET" + in_.position(target));
    action.kind = adds ? Action::add : Action::remove_members;
  }

  void check_overlaps() const {
    for (std::size_t i = 1; i < tree_.actions.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (const auto error =
                clash_error(tree_.paths.view(tree_.actions[k].path), tree_.paths.view(tree_.actions[i].path)))
          throw_validation(*error);
  }

  const Statement& in_;
  Values& values_;
  UpdateTree tree_;
};

}  // namespace

UpdateTree lower_changes(const Statement& statement, Values& values) { return Lowering(statement, values).run(); }

}  // namespace brume::dynamodb::partiql
