#include "dynamodb/control/table_description.h"

#include <map>

#include "dynamodb/index/index_definition.h"
#include "dynamodb/stream/stream_definition.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
json::object describe(const Table& table, WallTime now) {
  const bool on_demand = table.billing_mode == BillingMode::pay_per_request;
  json::array definitions, schema;
  // AWS gives them back in the order of their names.
  std::map<std::string_view, wire::ValueType> by_name;
  for (const AttributeDefinition& d : table.attribute_definitions) by_name[d.name] = d.type;
  for (const auto& [name, type] : by_name)
    definitions.push_back(json::object{{"AttributeName", name}, {"AttributeType", wire::type_name(type)}});
  schema.push_back(json::object{{"AttributeName", table.partition_key.name}, {"KeyType", "HASH"}});
  if (table.sort_key) schema.push_back(json::object{{"AttributeName", table.sort_key->name}, {"KeyType", "RANGE"}});

  json::object o{{"AttributeDefinitions", std::move(definitions)},
                 {"TableName", table.name},
                 {"KeySchema", std::move(schema)},
                 {"TableStatus", text_of(table.status(now))},
                 {"CreationDateTime", unix_seconds(table.created_at)},
                 {"ProvisionedThroughput", describe_throughput(table.throughput, now)},
                 {"TableSizeBytes", table.live->counters.bytes()},
                 {"ItemCount", table.live->counters.items()},
                 {"TableArn", table.arn()},
                 {"TableId", table.uuid},
                 {"WarmThroughput", describe_warm_throughput(on_demand, table.throughput, table.warm_throughput)},
                 {"DeletionProtectionEnabled", table.deletion_protection}};
  if (on_demand || table.pay_per_request_since) {
    json::object summary{{"BillingMode", on_demand ? "PAY_PER_REQUEST" : "PROVISIONED"}};
    if (table.pay_per_request_since)
      summary["LastUpdateToPayPerRequestDateTime"] = unix_seconds(*table.pay_per_request_since);
    o["BillingModeSummary"] = std::move(summary);
  }
  if (!table.table_class.empty()) {
    json::object summary{{"TableClass", table.table_class}};
    if (table.table_class_changed_at) summary["LastUpdateDateTime"] = unix_seconds(*table.table_class_changed_at);
    o["TableClassSummary"] = std::move(summary);
  }
  if (!table.on_demand_throughput.empty()) o["OnDemandThroughput"] = table.on_demand_throughput;
  describe_indexes(table, now, o);
  describe_stream(table, o);
  return o;
}

json::object describe_created(const Table& table, WallTime now) {
  json::object o = describe(table, now);
  auto show = [](const json::object& given, json::object& description) {
    if (given.empty()) description.erase("WarmThroughput");
    else description.at("WarmThroughput").as_object()["Status"] = "UPDATING";
  };
  show(table.warm_throughput, o);
  if (json::value* indexes = o.if_contains("GlobalSecondaryIndexes"))
    for (json::value& index : indexes->as_array())
      show(table.find_index(index.as_object().at("IndexName").as_string())->warm_throughput, index.as_object());
  return o;
}

json::object describe_deleted(const Table& table, WallTime now) {
  json::object o = describe(table, now);
  for (const char* name : {"AttributeDefinitions", "KeySchema", "CreationDateTime", "WarmThroughput",
                           "LocalSecondaryIndexes", "GlobalSecondaryIndexes"})
    o.erase(name);
  o["TableStatus"] = text_of(TableStatus::deleting);  // also where the deletion takes no time
  return o;
}

}  // namespace brume::dynamodb
