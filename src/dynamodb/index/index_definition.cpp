// Secondary indexes of CreateTable, and how a description shows them.
#include "dynamodb/index/index_definition.h"

#include <set>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_schema.h"
#include "dynamodb/table/definition_json.h"
#include "dynamodb/table/table_settings.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

/// AttributeDefinitions must be exactly the key attributes of the table and its indexes. AWS looks at this before
/// anything else about indexes.
void check_definitions(const json::array* local, const json::array* global, const Table& table) {
  std::set<std::string> keys{table.partition_key.name};
  if (table.sort_key) keys.insert(table.sort_key->name);
  for (const json::array* indexes : {local, global}) {
    if (!indexes) continue;
    for (const json::value& index : *indexes) {
      check_are_defined(index.as_object(), table);
      for (const json::value& element : index.as_object().at("KeySchema").as_array())
        keys.insert(text(element.as_object(), "AttributeName"));
    }
  }
  if (keys.size() == table.attribute_definitions.size()) return;
  std::vector<std::string> definitions;
  for (const AttributeDefinition& definition : table.attribute_definitions) definitions.push_back(definition.name);
  throw_invalid_parameter("Some AttributeDefinitions are not used. AttributeDefinitions: [" + joined(definitions) +
                          "], keys used: [" + joined({keys.begin(), keys.end()}) + "]");
}

/// The model bounds the key schema of a global index alone.
void check_key_counts(const json::array& local) {
  Constraints constraints;
  for (std::size_t i = 0; i < local.size(); ++i) {
    const json::array& schema = local[i].as_object().at("KeySchema").as_array();
    if (schema.size() > 2)
      constraints.fail(shown_key_schema(schema), "localSecondaryIndexes." + std::to_string(i + 1) + ".member.keySchema",
                       "Member must have length less than or equal to 2");
  }
  constraints.throw_if_any();
}

void define_local_indexes(const json::array& given, Table& table) {
  if (!table.sort_key)
    throw_invalid_parameter(
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
  for (const json::value& value : given)
    add_index(table, read_index(value.as_object(), IndexKind::local, IndexOrigin::create_table, table));
  if (given.size() > kMaxLocalIndexes)
    throw_invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of " +
                            std::to_string(kMaxLocalIndexes));
}

void define_global_indexes(const json::array& given, Table& table) {
  for (const json::value& value : given)
    add_index(table, read_index(value.as_object(), IndexKind::global, IndexOrigin::create_table, table));
  if (given.size() > kMaxGlobalIndexes)
    throw_invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of " +
                            std::to_string(kMaxGlobalIndexes));
}

json::array describe_keys(const Index& index) {
  json::array schema;
  for (const AttributeDefinition& key : index.partition_keys)
    schema.push_back(json::object{{"AttributeName", key.name}, {"KeyType", "HASH"}});
  for (const AttributeDefinition& key : index.sort_keys)
    schema.push_back(json::object{{"AttributeName", key.name}, {"KeyType", "RANGE"}});
  return schema;
}

json::object describe_projection(const Index& index) {
  json::object projection{{"ProjectionType", text_of(index.projection)}};
  if (index.projection == ProjectionType::include) {
    const std::set<std::string> names(index.non_key_attributes.begin(), index.non_key_attributes.end());
    projection["NonKeyAttributes"] = json::array(names.begin(), names.end());
  }
  return projection;
}

json::object describe_index(const Table& table, const Index& index) {
  return {{"IndexName", index.name},
          {"KeySchema", describe_keys(index)},
          {"Projection", describe_projection(index)},
          {"IndexSizeBytes", index.counters->bytes()},
          {"ItemCount", index.counters->items()},
          {"IndexArn", table.arn() + "/index/" + index.name}};
}

json::object describe_global_index(const Table& table, const Index& index, WallTime now) {
  const bool on_demand = table.billing_mode == BillingMode::pay_per_request;
  const IndexStatus status = table.status(now) == TableStatus::creating ? IndexStatus::creating : index.status(now);
  json::object o = describe_index(table, index);
  o["IndexStatus"] = text_of(status);
  // Only an index that is added to a table that is there already has it: false while the table is UPDATING
  // ("resource allocation"), then true.
  if (index.change == IndexStatus::creating && status == IndexStatus::creating)
    o["Backfilling"] = table.status(now) != TableStatus::updating;
  o["ProvisionedThroughput"] = describe_throughput(index.throughput, now);
  o["WarmThroughput"] = describe_warm_throughput(on_demand, index.throughput, index.warm_throughput);
  if (!index.on_demand_throughput.empty()) o["OnDemandThroughput"] = index.on_demand_throughput;
  return o;
}

}  // namespace

void define_indexes(const json::object& input, Table& table) {
  const json::array* local = array_member(input, "LocalSecondaryIndexes");
  const json::array* global = array_member(input, "GlobalSecondaryIndexes");
  if (local && local->empty()) throw_invalid_parameter("List of LocalSecondaryIndexes is empty");
  if (global && global->empty()) throw_invalid_parameter("List of GlobalSecondaryIndexes is empty");
  if (local) check_key_counts(*local);
  if (local || global) check_definitions(local, global, table);
  if (local) define_local_indexes(*local, table);
  if (global) define_global_indexes(*global, table);
}

void describe_indexes(const Table& table, WallTime now, json::object& description) {
  json::array local, global;
  for (const Index& index : table.indexes) {
    if (index.kind == IndexKind::local) local.push_back(describe_index(table, index));
    else global.push_back(describe_global_index(table, index, now));
  }
  if (!local.empty()) description["LocalSecondaryIndexes"] = std::move(local);
  if (!global.empty()) description["GlobalSecondaryIndexes"] = std::move(global);
}

void show_former_throughput(const Table& former, json::object& description) {
  auto show = [](const Throughput& throughput, json::object& shown) {
    json::object& units = shown.at("ProvisionedThroughput").as_object();
    units["ReadCapacityUnits"] = throughput.read_units;
    units["WriteCapacityUnits"] = throughput.write_units;
  };
  show(former.throughput, description);
  json::value* indexes = description.if_contains("GlobalSecondaryIndexes");
  if (!indexes) return;
  for (json::value& index : indexes->as_array())
    if (const Index* before = former.find_index(index.as_object().at("IndexName").as_string()))
      show(before->throughput, index.as_object());
}

}  // namespace brume::dynamodb
