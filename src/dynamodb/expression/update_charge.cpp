// What AWS charges an UpdateItem for its statement. No document says so: measured on AWS, by many probes of the largest
// value that each kind of clause still takes (github.com/paritysuite/dynamodb-conformance, tests/tier3/limits).
#include <unordered_set>

#include "dynamodb/expression/update.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

constexpr std::size_t kBase = 3;
constexpr std::size_t kAssignment = 19;  // SET and ADD
constexpr std::size_t kRemoval = 1;  // REMOVE and DELETE
constexpr std::size_t kSum = 34;
constexpr std::size_t kDifference = 37;
constexpr std::size_t kListAppend = 37;
constexpr std::size_t kIfNotExists = 39;

std::size_t bytes_of(const PathStep& step) {
  return step.is_index() ? std::to_string(step.index).size() : step.name.size();
}

/// A path that is written.
std::size_t target_charge(PathView path) {
  std::size_t bytes = bytes_of(path[0]);
  for (const PathStep& step : path.subspan(1)) bytes += 4 + bytes_of(step);
  return bytes;
}

/// A path that is read; what it holds is free.
std::size_t source_charge(PathView path) {
  std::size_t bytes = 1;
  for (const PathStep& step : path) bytes += 14 + bytes_of(step);
  return bytes;
}

std::size_t operand_charge(const UpdateTree& tree, std::uint32_t index) {
  const UpdateOperand& operand = tree.operands[index];
  switch (operand.kind) {
    case UpdateOperand::Kind::value: return wire::value_size(operand.value);
    case UpdateOperand::Kind::path: return source_charge(tree.paths.view(operand.path));
    case UpdateOperand::Kind::if_not_exists:
      return kIfNotExists + source_charge(tree.paths.view(operand.path)) + operand_charge(tree, operand.first);
    case UpdateOperand::Kind::list_append: break;
  }
  return kListAppend + operand_charge(tree, operand.first) + operand_charge(tree, operand.second);
}

/// Of a set only the members that are new.
std::size_t added_charge(wire::ItemView item, PathView path, wire::ValueView value) {
  const auto now = value.is_set() ? find_path(item, path) : std::nullopt;
  if (!now || now->type() != value.type()) return wire::value_size(value);
  const std::unordered_set<std::string_view> there(now->set().begin(), now->set().end());
  std::size_t bytes = 0;
  for (const std::string_view member : value.set()) {
    if (there.contains(member)) continue;
    bytes += value.type() == wire::ValueType::number_set ? wire::Number::billed_bytes_of_ordered(member)
                                                         : member.size();
  }
  return bytes;
}

}  // namespace

std::size_t UpdateExpression::charge(wire::ItemView item) const {
  std::size_t bytes = kBase;
  for (const UpdateAction& action : tree_.actions) {
    const PathView path = tree_.paths.view(action.path);
    bytes += target_charge(path);
    switch (action.kind) {
      case UpdateAction::Kind::set: bytes += kAssignment + operand_charge(tree_, action.left); break;
      case UpdateAction::Kind::set_sum:
      case UpdateAction::Kind::set_difference:
        bytes += kAssignment + (action.kind == UpdateAction::Kind::set_sum ? kSum : kDifference) +
                 operand_charge(tree_, action.left) + operand_charge(tree_, action.right);
        break;
      case UpdateAction::Kind::add: bytes += kAssignment + added_charge(item, path, action.value); break;
      case UpdateAction::Kind::remove:
      case UpdateAction::Kind::remove_members: bytes += kRemoval; break;
    }
  }
  return bytes;
}

}  // namespace brume::dynamodb
