#include "dynamodb/table/table_description.h"

#include "dynamodb/index/index_definition.h"
#include "dynamodb/stream/stream_definition.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

json::object describe_throughput(const Throughput& throughput, WallTime now) {
  using Days = std::chrono::days;
  bool today = throughput.last_decrease &&
               std::chrono::floor<Days>(*throughput.last_decrease) == std::chrono::floor<Days>(now);
  json::object o{{"NumberOfDecreasesToday", today ? throughput.decreases_today : 0},
                 {"ReadCapacityUnits", throughput.read_units},
                 {"WriteCapacityUnits", throughput.write_units}};
  if (throughput.last_increase) o["LastIncreaseDateTime"] = unix_seconds(*throughput.last_increase);
  if (throughput.last_decrease) o["LastDecreaseDateTime"] = unix_seconds(*throughput.last_decrease);
  return o;
}

/// An on-demand table starts warm for 12,000 reads and 4,000 writes a second, a provisioned one for what it has.
json::object describe_warm_throughput(const Table& table) {
  bool on_demand = table.billing_mode == BillingMode::pay_per_request;
  json::object o{{"ReadUnitsPerSecond", on_demand ? 12'000 : table.throughput.read_units},
                 {"WriteUnitsPerSecond", on_demand ? 4'000 : table.throughput.write_units},
                 {"Status", "ACTIVE"}};
  for (const auto& member : table.warm_throughput) o[member.key()] = member.value();
  return o;
}

}  // namespace

json::object describe(const Table& table, WallTime now) {
  json::array definitions, schema;
  for (const AttributeDefinition& d : table.attribute_definitions)
    definitions.push_back(json::object{{"AttributeName", d.name}, {"AttributeType", wire::type_name(d.type)}});
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
                 {"WarmThroughput", describe_warm_throughput(table)},
                 {"DeletionProtectionEnabled", table.deletion_protection}};
  bool on_demand = table.billing_mode == BillingMode::pay_per_request;
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
  if (!table.sse.empty()) o["SSEDescription"] = table.sse;
  if (!table.on_demand_throughput.empty()) o["OnDemandThroughput"] = table.on_demand_throughput;
  describe_indexes(table, now, o);
  describe_stream(table, o);
  return o;
}

json::object describe_deleted(const Table& table, WallTime now) {
  json::object o = describe(table, now);
  for (const char* name : {"AttributeDefinitions", "KeySchema", "CreationDateTime", "WarmThroughput"}) o.erase(name);
  return o;
}

}  // namespace brume::dynamodb
