// GlobalSecondaryIndexUpdates of UpdateTable.
#include <algorithm>
#include <set>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_definition.h"
#include "dynamodb/index/index_schema.h"
#include "dynamodb/table/capacity_settings.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

enum class Action { create, update, erase };

struct IndexUpdate {
  Action action;
  const json::object* input;
  std::string index;
};

/// Entries with exactly one action each (check_index_updates).
std::vector<IndexUpdate> updates_of(const json::object& input) {
  std::vector<IndexUpdate> updates;
  const json::array* entries = array_member(input, "GlobalSecondaryIndexUpdates");
  if (!entries) return updates;
  auto add = [&](const json::value& entry, std::string_view name, Action action) {
    if (const json::value* value = member(entry.as_object(), name))
      updates.push_back({action, &value->as_object(), text(value->as_object(), "IndexName")});
  };
  for (const json::value& entry : *entries) {
    add(entry, "Create", Action::create);
    add(entry, "Update", Action::update);
    add(entry, "Delete", Action::erase);
  }
  return updates;
}

[[noreturn]] void throw_in_use(const std::string& rest) {
  throw AwsError(kResourceInUse, "Attempt to change a resource which is still in use: " + rest);
}

[[noreturn]] void throw_one_at_a_time() {
  throw AwsError(kLimitExceeded,
                 "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
}

Index& index_for(Table& table, const std::string& name, std::string_view verb) {
  for (Index& index : table.indexes) {
    if (index.name != name) continue;
    if (index.kind == IndexKind::local)
      throw_validation("Cannot " + std::string(verb) + " an index that is not a GlobalSecondaryIndex: " + name);
    return index;
  }
  throw AwsError(kResourceNotFound, "Requested resource not found: Index " + name + " for table " + table.name);
}

/// Adds what AttributeDefinitions says of the new index's key attributes; the rest of it is ignored.
void take_attribute_definitions(const json::object& input, const IndexUpdate& update, Table& table) {
  const json::array* given = array_member(input, "AttributeDefinitions");
  if (!given || given->empty())
    throw_invalid_parameter("AttributeDefinitions is not specified for index: " + update.index);
  auto is_key = [&](const std::string& name) {
    const json::array& schema = update.input->at("KeySchema").as_array();
    return std::any_of(schema.begin(), schema.end(),
                       [&](const json::value& element) { return text(element.as_object(), "AttributeName") == name; });
  };
  for (const json::value& value : *given) {
    AttributeDefinition definition;
    definition.name = text(value.as_object(), "AttributeName");
    definition.type = wire::type_from_name(text(value.as_object(), "AttributeType")).value_or(wire::ValueType::string);
    if (!is_key(definition.name)) continue;
    auto known = std::find_if(table.attribute_definitions.begin(), table.attribute_definitions.end(),
                              [&](const AttributeDefinition& other) { return other.name == definition.name; });
    if (known == table.attribute_definitions.end()) table.attribute_definitions.push_back(std::move(definition));
    else if (known->type != definition.type)
      throw_invalid_parameter("Attribute " + definition.name + " is already defined with type " +
                              std::string(wire::type_name(known->type)));
  }
}

void create_index(const json::object& input, const IndexUpdate& update, WallTime settles_at, Table& table) {
  if (table.find_index(update.index)) throw_validation("Attempting to create an index which already exists");
  const auto is_global = [](const Index& index) { return index.kind == IndexKind::global; };
  if (std::count_if(table.indexes.begin(), table.indexes.end(), is_global) >=
      static_cast<std::ptrdiff_t>(kMaxGlobalIndexes))
    throw AwsError(kLimitExceeded,
                   "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table "
                   "limit of " +
                       std::to_string(kMaxGlobalIndexes));
  take_attribute_definitions(input, update, table);
  check_are_defined(*update.input, table);
  Index index = read_index(*update.input, IndexKind::global, IndexOrigin::update_table, table);
  check_capacity_quota(index.throughput, table.region, index.name);
  index.change = IndexStatus::creating;
  index.backfilling = true;
  index.settles_at = settles_at;
  add_index(table, std::move(index));
}

[[noreturn]] void throw_unchanged(const std::string& name, const Throughput& current, const Throughput& wanted) {
  throw_validation("The provisioned throughput for the index " + name +
                   " will not change. The requested value equals the current value. Current ReadCapacityUnits "
                   "provisioned for index " +
                   name + ": " + std::to_string(current.read_units) + ". Requested ReadCapacityUnits: " +
                   std::to_string(wanted.read_units) + ". Current WriteCapacityUnits provisioned for index " + name +
                   ": " + std::to_string(current.write_units) +
                   ". Requested WriteCapacityUnits: " + std::to_string(wanted.write_units) +
                   ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher "
                   "limits.");
}

void update_throughput(const json::object& given, BillingMode former_mode, WallTime now, const Table& table,
                       Index& index) {
  if (table.billing_mode == BillingMode::pay_per_request)
    throw_invalid_parameter("The only Updates for index: " + index.name +
                            " when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, "
                            "WarmThroughput");
  const Throughput wanted = read_throughput(given);
  check_capacity_quota(wanted, table.region, index.name);
  if (former_mode == BillingMode::provisioned) {
    if (wanted.read_units == index.throughput.read_units && wanted.write_units == index.throughput.write_units)
      throw_unchanged(index.name, index.throughput, wanted);
    check_decrease_budget(index.throughput, wanted, now);
  }
  change_throughput(wanted, now, index.throughput);
}

void update_index_capacity(const IndexUpdate& update, BillingMode former_mode, WallTime now, WallTime settles_at,
                           Table& table) {
  Index& index = index_for(table, update.index, "update");
  if (const json::value* throughput = member(*update.input, "ProvisionedThroughput"))
    update_throughput(throughput->as_object(), former_mode, now, table, index);
  if (const json::value* limits = member(*update.input, "OnDemandThroughput"))
    apply_on_demand_throughput(limits->as_object(), table.billing_mode, index.name, true, index.on_demand_throughput);
  if (const json::value* warm = member(*update.input, "WarmThroughput"))
    apply_warm_throughput(warm->as_object(), table.billing_mode, index.throughput, index.name, true,
                          index.warm_throughput);
  show_updating(index, now, settles_at);
}

void delete_index(const IndexUpdate& update, WallTime settles_at, Table& table) {
  Index& index = index_for(table, update.index, "delete");
  index.change = IndexStatus::deleting;
  index.backfilling = false;
  index.settles_at = settles_at;
}

/// Names of the global indexes in this status, as "[a, b]".
std::string listed(const Table& table, IndexStatus status, WallTime now) {
  std::vector<std::string> names;
  for (const Index& index : table.indexes)
    if (index.status(now) == status) names.push_back(index.name);
  return names.empty() ? std::string() : "[" + joined(names) + "]";
}

void check_one_index_at_a_time(const std::vector<IndexUpdate>& updates, const Table& table, WallTime now) {
  const auto changes = std::count_if(updates.begin(), updates.end(),
                                     [](const IndexUpdate& update) { return update.action != Action::update; });
  if (changes > 1) throw_one_at_a_time();
  for (const IndexUpdate& update : updates) {
    if (update.action == Action::update) continue;
    for (const Index& index : table.indexes) {
      const IndexStatus status = index.status(now);
      if (status != IndexStatus::creating && status != IndexStatus::deleting) continue;
      if (index.name != update.index || update.action == Action::create) throw_one_at_a_time();
      const std::string place = " Table: " + table.name + " Index: " + index.name;
      if (status == IndexStatus::deleting) throw_in_use("Index is being deleted." + place);
      if (table.status(now) == TableStatus::updating)
        throw_in_use(
            "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when "
            "the index is active." +
            place);
    }
  }
}

void check_updated_indexes(const std::vector<IndexUpdate>& updates, const Table& table, WallTime now) {
  for (const IndexUpdate& update : updates) {
    const Index* index = table.find_index(update.index);
    if (!index || update.action != Action::update) continue;
    std::string_view doing;
    switch (index->status(now)) {
      case IndexStatus::active: continue;
      case IndexStatus::creating: doing = "created"; break;
      case IndexStatus::updating: doing = "updated"; break;
      case IndexStatus::deleting: doing = "deleted"; break;
    }
    throw_in_use("Index is being " + std::string(doing) + ". Table: " + table.name + " Index: " + index->name);
  }
}

/// Other parts of UpdateTable that have to wait for an index.
void check_table_changes(const json::object& input, const Table& table, WallTime now) {
  const bool allocating = table.status(now) == TableStatus::updating;
  const bool on_demand = table.billing_mode == BillingMode::pay_per_request;
  const std::string mode = text(input, "BillingMode");
  const bool switches = !mode.empty() && (mode == "PAY_PER_REQUEST") != on_demand;
  const bool throughput = member(input, "ProvisionedThroughput") || switches;
  auto check = [&](IndexStatus status, std::string_view doing, std::string_view noun) {
    const std::string names = listed(table, status, now);
    if (names.empty()) return;
    if (throughput)
      throw_in_use("Can't change table IOPS when an index is being " + std::string(doing) + ". Table: " + table.name +
                   " Indexes: " + names);
    if (member(input, "StreamSpecification"))
      throw_in_use("Can't change stream status when an index is being " + std::string(doing));
    if (member(input, "OnDemandThroughput"))
      throw_in_use("OnDemandThroughput cannot be updated while index " + std::string(noun) +
                   " is in progress for indexes: " + names);
  };
  check(IndexStatus::deleting, "deleted", "deletion");
  if (allocating) check(IndexStatus::creating, "created", "creation");
}

}  // namespace

bool creates_index(const json::object& input) {
  const auto updates = updates_of(input);
  return std::any_of(updates.begin(), updates.end(),
                     [](const IndexUpdate& update) { return update.action == Action::create; });
}

bool creates_or_deletes_index(const json::object& input) {
  const auto updates = updates_of(input);
  return std::any_of(updates.begin(), updates.end(),
                     [](const IndexUpdate& update) { return update.action != Action::update; });
}

bool updates_throughput_of(const json::object& input, std::string_view index) {
  const auto updates = updates_of(input);
  return std::any_of(updates.begin(), updates.end(), [&](const auto& update) {
    return update.action == Action::update && update.index == index && member(*update.input, "ProvisionedThroughput");
  });
}

void check_index_updates(const json::object& input) {
  const json::array* entries = array_member(input, "GlobalSecondaryIndexUpdates");
  if (!entries) return;
  if (entries->empty()) throw_invalid_parameter("List of GlobalSecondaryIndexUpdates is empty");
  for (const json::value& entry : *entries) {
    int actions = 0;
    for (std::string_view name : {"Update", "Create", "Delete"}) actions += member(entry.as_object(), name) != nullptr;
    if (actions == 0)
      throw_invalid_parameter(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete must not be null");
    if (actions > 1)
      throw_invalid_parameter(
          "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object");
  }
  std::set<std::string> names;
  for (const IndexUpdate& update : updates_of(input))
    if (!names.insert(update.index).second)
      throw_invalid_parameter("Only one global secondary index update per index is allowed simultaneously. Index: " +
                              update.index);
}

void check_index_work(const json::object& input, const Table& table, WallTime now) {
  const auto updates = updates_of(input);
  check_one_index_at_a_time(updates, table, now);
  check_updated_indexes(updates, table, now);
  check_table_changes(input, table, now);
}

bool update_indexes(const json::object& input, BillingMode former_mode, WallTime now, WallTime settles_at,
                    Table& table) {
  bool shows_updating = false;
  for (const IndexUpdate& update : updates_of(input)) {
    switch (update.action) {
      case Action::create: create_index(input, update, settles_at, table); break;
      case Action::update: update_index_capacity(update, former_mode, now, settles_at, table); break;
      case Action::erase: delete_index(update, settles_at, table); break;
    }
    shows_updating = shows_updating || update.action != Action::update;
  }
  return shows_updating;
}

void show_updating(Index& index, WallTime now, WallTime settles_at) {
  if (index.status(now) != IndexStatus::active) return;
  index.change = IndexStatus::updating;
  index.settles_at = settles_at;
}

bool has_index_work(const Table& table, WallTime now) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& index) { return index.status(now) != IndexStatus::active; });
}

void remove_index(Table& table, std::uint16_t number) {
  std::erase_if(table.indexes, [&](const Index& index) { return index.number == number; });
  std::erase_if(table.attribute_definitions, [&](const AttributeDefinition& definition) {
    return !table.is_key(definition.name) &&
           std::none_of(table.indexes.begin(), table.indexes.end(),
                        [&](const Index& index) { return index.has_key(definition.name); });
  });
}

}  // namespace brume::dynamodb
