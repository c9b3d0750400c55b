// AttributeUpdates: PUT, ADD and DELETE of whole attributes, as an update tree.
#include "dynamodb/request/errors.h"
#include "dynamodb/legacy/legacy.h"
#include "dynamodb/request/request.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

struct LegacyUpdate {
  std::string_view attribute;
  std::string action;
  std::optional<wire::ValueView> value;
};

LegacyUpdate read_update(std::string_view name, dom::element json, LegacyValues& values) {
  LegacyUpdate update{values.keep_name(name), "PUT", std::nullopt};
  dom::object object;
  if (json.get(object)) throw AwsError(kSerializationException, "Unexpected value type in payload");
  for (auto [key, value] : object) {
    if (value.is_null()) continue;
    if (key == "Value") update.value = values.keep_value(value);
    if (key != "Action") continue;
    if (!value.is_string()) throw AwsError(kSerializationException, "Unexpected value type in payload");
    update.action = std::string_view(value);
  }
  if (update.action != "PUT" && update.action != "ADD" && update.action != "DELETE") {
    Constraints constraints;
    constraints.fail(update.action, "attributeUpdates." + std::string(name) + ".member.action",
                     "Member must satisfy enum value set: [ADD, DELETE, PUT]");
    constraints.throw_if_any();
  }
  return update;
}

void check(const LegacyUpdate& update) {
  if (!update.value) {
    if (update.action != "DELETE")
      throw_invalid_parameter("Only DELETE action is allowed when no attribute value is specified");
    return;
  }
  wire::ValueType type = update.value->type();
  std::string type_name(wire::type_name(type));
  if (update.action == "DELETE" && !update.value->is_set())
    throw_invalid_parameter("DELETE action with value is not supported for the type " + type_name);
  bool can_add = update.value->is_set() || type == wire::ValueType::number || type == wire::ValueType::list;
  if (update.action == "ADD" && !can_add)
    throw_invalid_parameter("ADD action is not supported for the type " + type_name);
}

std::uint32_t push(UpdateTree& tree, UpdateOperand operand) {
  tree.operands.push_back(operand);
  return static_cast<std::uint32_t>(tree.operands.size() - 1);
}

/// list_append(if_not_exists(path, []), value), which is what ADD does with a list.
std::uint32_t push_appended_list(UpdateTree& tree, PathRef path, wire::ValueView value) {
  static const std::string empty_list = [] {
    std::string bytes;
    wire::ContainerBuilder(bytes, wire::ValueType::list).finish();
    return bytes;
  }();
  UpdateOperand empty, old, added, appended;
  empty.value = wire::ValueView(std::string_view(empty_list));
  old.kind = UpdateOperand::Kind::if_not_exists;
  old.path = path;
  old.first = push(tree, empty);
  added.value = value;
  appended.kind = UpdateOperand::Kind::list_append;
  appended.first = push(tree, old);
  appended.second = push(tree, added);
  return push(tree, appended);
}

void add_action(UpdateTree& tree, const LegacyUpdate& update) {
  UpdateAction action;
  action.path = {static_cast<std::uint32_t>(tree.paths.steps.size()), 1};
  tree.paths.steps.push_back(PathStep{update.attribute});
  if (!update.value) {
    action.kind = UpdateAction::Kind::remove;
  } else if (update.action == "PUT") {
    UpdateOperand operand;
    operand.value = *update.value;
    action.left = push(tree, operand);
  } else if (update.action == "ADD" && update.value->type() == wire::ValueType::list) {
    action.left = push_appended_list(tree, action.path, *update.value);
  } else {
    action.kind = update.action == "ADD" ? UpdateAction::Kind::add : UpdateAction::Kind::remove_members;
    action.value = *update.value;
  }
  tree.actions.push_back(action);
}

}  // namespace

UpdateExpression read_attribute_updates(dom::element updates, LegacyValues& values) {
  dom::object object;
  if (updates.get(object)) throw AwsError(kSerializationException, "Unexpected field type");
  UpdateTree tree;
  tree.legacy = true;
  for (auto [name, json] : object) {
    LegacyUpdate update = read_update(name, json, values);
    check(update);
    add_action(tree, update);
  }
  return UpdateExpression(std::move(tree));
}

}  // namespace brume::dynamodb
