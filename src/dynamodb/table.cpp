#include "dynamodb/table.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "store/store.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

constexpr std::int64_t kRecordVersion = 1;

std::optional<WallTime> time_of(const json::object& o, std::string_view name) {
  const json::value* value = o.if_contains(name);
  if (!value) return std::nullopt;
  return WallTime(std::chrono::milliseconds(value->to_number<std::int64_t>()));
}

void put_time(json::object& o, std::string_view name, const std::optional<WallTime>& time) {
  if (time) o[name] = unix_millis(*time);
}

std::string text(const json::object& o, std::string_view name) {
  return std::string(o.at(name).as_string());
}

json::object object_or_empty(const json::object& o, std::string_view name) {
  const json::value* value = o.if_contains(name);
  return value ? value->as_object() : json::object();
}

const AttributeDefinition& definition(const Table& table, std::string_view name) {
  for (const AttributeDefinition& d : table.attribute_definitions)
    if (d.name == name) return d;
  throw std::out_of_range("key attribute without definition");
}

json::object encode_throughput(const Throughput& throughput) {
  json::object o{{"read", throughput.read_units},
                 {"write", throughput.write_units},
                 {"decreases", throughput.decreases_today}};
  put_time(o, "increased", throughput.last_increase);
  put_time(o, "decreased", throughput.last_decrease);
  return o;
}

Throughput decode_throughput(const json::object& o) {
  Throughput throughput;
  throughput.read_units = o.at("read").to_number<std::int64_t>();
  throughput.write_units = o.at("write").to_number<std::int64_t>();
  throughput.decreases_today = o.at("decreases").to_number<std::int64_t>();
  throughput.last_increase = time_of(o, "increased");
  throughput.last_decrease = time_of(o, "decreased");
  return throughput;
}

TableStatus status_from_text(std::string_view name) {
  for (TableStatus status : {TableStatus::creating, TableStatus::updating, TableStatus::deleting})
    if (text_of(status) == name) return status;
  return TableStatus::active;
}

Table decode(const json::object& o) {
  Table table;
  if (o.at("v").to_number<std::int64_t>() > kRecordVersion)
    throw store::StoreError("a table record is of a newer version");
  table.id = TableId(o.at("id").to_number<std::uint32_t>());
  table.revision = o.at("revision").to_number<std::uint64_t>();
  table.account = text(o, "account");
  table.region = text(o, "region");
  table.name = text(o, "name");
  table.uuid = text(o, "uuid");
  table.created_at = time_of(o, "created").value();
  for (const json::value& value : o.at("attributes").as_array()) {
    auto type = wire::type_from_name(text(value.as_object(), "type"));
    table.attribute_definitions.push_back({text(value.as_object(), "name"), type.value()});
  }
  table.partition_key = definition(table, o.at("partition_key").as_string());
  if (const json::value* sort = o.if_contains("sort_key")) table.sort_key = definition(table, sort->as_string());
  table.billing_mode = o.at("pay_per_request").as_bool() ? BillingMode::pay_per_request : BillingMode::provisioned;
  table.pay_per_request_since = time_of(o, "pay_per_request_since");
  table.throughput = decode_throughput(o.at("throughput").as_object());
  table.table_class = text(o, "class");
  table.table_class_changed_at = time_of(o, "class_changed");
  table.deletion_protection = o.at("protected").as_bool();
  table.sse = object_or_empty(o, "sse");
  table.on_demand_throughput = object_or_empty(o, "on_demand");
  table.warm_throughput = object_or_empty(o, "warm");
  for (const json::value& tag : o.at("tags").as_array())
    table.tags.push_back({text(tag.as_object(), "key"), text(tag.as_object(), "value")});
  table.change = status_from_text(o.at("change").as_string());
  table.settles_at = time_of(o, "settles").value();
  return table;
}

}  // namespace

std::string_view text_of(TableStatus status) {
  switch (status) {
    case TableStatus::creating: return "CREATING";
    case TableStatus::updating: return "UPDATING";
    case TableStatus::deleting: return "DELETING";
    default: return "ACTIVE";
  }
}

TableStatus Table::status(WallTime now) const {
  if (change == TableStatus::active || now < settles_at) return change;
  return change == TableStatus::deleting ? TableStatus::gone : TableStatus::active;
}

bool Table::serves_items(WallTime now) const {
  TableStatus current = status(now);
  return current == TableStatus::active || current == TableStatus::updating;
}

std::string Table::arn() const {
  return "arn:aws:dynamodb:" + region + ":" + account + ":table/" + name;
}

std::string encode_table(const Table& table) {
  json::array attributes;
  for (const AttributeDefinition& d : table.attribute_definitions)
    attributes.push_back(json::object{{"name", d.name}, {"type", wire::type_name(d.type)}});
  json::array tags;
  for (const Tag& tag : table.tags) tags.push_back(json::object{{"key", tag.key}, {"value", tag.value}});
  json::object o{{"v", kRecordVersion},
                 {"id", static_cast<std::uint32_t>(table.id)},
                 {"revision", table.revision},
                 {"account", table.account},
                 {"region", table.region},
                 {"name", table.name},
                 {"uuid", table.uuid},
                 {"created", unix_millis(table.created_at)},
                 {"attributes", std::move(attributes)},
                 {"partition_key", table.partition_key.name},
                 {"pay_per_request", table.billing_mode == BillingMode::pay_per_request},
                 {"throughput", encode_throughput(table.throughput)},
                 {"class", table.table_class},
                 {"protected", table.deletion_protection},
                 {"tags", std::move(tags)},
                 {"change", text_of(table.change)},
                 {"settles", unix_millis(table.settles_at)}};
  if (table.sort_key) o["sort_key"] = table.sort_key->name;
  put_time(o, "pay_per_request_since", table.pay_per_request_since);
  put_time(o, "class_changed", table.table_class_changed_at);
  if (!table.sse.empty()) o["sse"] = table.sse;
  if (!table.on_demand_throughput.empty()) o["on_demand"] = table.on_demand_throughput;
  if (!table.warm_throughput.empty()) o["warm"] = table.warm_throughput;
  return json::serialize(o);
}

Table decode_table(std::string_view record) {
  try {
    return decode(json::parse(record).as_object());
  } catch (const store::StoreError&) {
    throw;
  } catch (const std::exception& error) {
    throw store::StoreError(std::string("a DynamoDB table record is damaged: ") + error.what());
  }
}

TablePtr finish_table(Table table, std::shared_ptr<TableLive> live) {
  table.live = std::move(live);
  table.key_prefix = items_prefix(table.id);
  return std::make_shared<const Table>(std::move(table));
}

}  // namespace brume::dynamodb
