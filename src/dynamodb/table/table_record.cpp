// The record of a table in the store.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include "base/json_members.h"
#include "dynamodb/table/table.h"
#include "store/store.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

// 2: indexes, streams, time to live. Records of version 1 have none.
constexpr std::int64_t kRecordVersion = 2;

std::optional<WallTime> time_of(const json::object& o, std::string_view name) {
  const json::value* value = o.if_contains(name);
  if (!value) return std::nullopt;
  return WallTime(std::chrono::milliseconds(value->to_number<std::int64_t>()));
}

void put_time(json::object& o, std::string_view name, const std::optional<WallTime>& time) {
  if (time) o[name] = unix_millis(*time);
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
  json::object o{
      {"read", throughput.read_units}, {"write", throughput.write_units}, {"decreases", throughput.decreases_today}};
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

json::array encode_names(const std::vector<AttributeDefinition>& attributes) {
  json::array names;
  for (const AttributeDefinition& attribute : attributes) names.emplace_back(attribute.name);
  return names;
}

json::object encode_index(const Index& index) {
  json::object o{{"local", index.kind == IndexKind::local},
                 {"number", index.number},
                 {"name", index.name},
                 {"partition_keys", encode_names(index.partition_keys)},
                 {"sort_keys", encode_names(index.sort_keys)},
                 {"projection", static_cast<int>(index.projection)},
                 {"non_keys", json::value_from(index.non_key_attributes)},
                 {"throughput", encode_throughput(index.throughput)},
                 {"change", static_cast<int>(index.change)},
                 {"settles", unix_millis(index.settles_at)},
                 {"backfilling", index.backfilling}};
  if (!index.on_demand_throughput.empty()) o["on_demand"] = index.on_demand_throughput;
  if (!index.warm_throughput.empty()) o["warm"] = index.warm_throughput;
  return o;
}

template <class Enum>
Enum enum_of(const json::object& o, std::string_view name, Enum last) {
  auto number = o.at(name).to_number<std::int64_t>();
  if (number < 0 || number > static_cast<std::int64_t>(last)) throw std::out_of_range(std::string(name));
  return static_cast<Enum>(number);
}

Index decode_index(const Table& table, const json::object& o) {
  Index index;
  index.kind = o.at("local").as_bool() ? IndexKind::local : IndexKind::global;
  index.number = o.at("number").to_number<std::uint16_t>();
  index.name = required_text(o, "name");
  for (const json::value& name : o.at("partition_keys").as_array())
    index.partition_keys.push_back(definition(table, name.as_string()));
  for (const json::value& name : o.at("sort_keys").as_array())
    index.sort_keys.push_back(definition(table, name.as_string()));
  index.projection = enum_of(o, "projection", ProjectionType::include);
  index.non_key_attributes = json::value_to<std::vector<std::string>>(o.at("non_keys"));
  index.throughput = decode_throughput(o.at("throughput").as_object());
  index.on_demand_throughput = object_or_empty(o, "on_demand");
  index.warm_throughput = object_or_empty(o, "warm");
  index.change = enum_of(o, "change", IndexStatus::deleting);
  index.settles_at = time_of(o, "settles").value();
  index.backfilling = o.at("backfilling").as_bool();
  return index;
}

json::object encode_stream(const Stream& stream) {
  json::object o{{"number", stream.number},
                 {"label", stream.label},
                 {"view", static_cast<int>(stream.view)},
                 {"created", unix_millis(stream.created_at)}};
  put_time(o, "disabled", stream.disabled_at);
  if (stream.since_creation) o["whole"] = true;
  return o;
}

Stream decode_stream(const json::object& o) {
  Stream stream;
  stream.number = o.at("number").to_number<std::uint32_t>();
  stream.label = required_text(o, "label");
  stream.view = enum_of(o, "view", StreamView::new_and_old_images);
  stream.created_at = time_of(o, "created").value();
  stream.disabled_at = time_of(o, "disabled");
  stream.since_creation = o.contains("whole");
  return stream;
}

json::object encode_time_to_live(const TimeToLive& settings) {
  return {{"attribute", settings.attribute},
          {"enabled", settings.enabled},
          {"settles", unix_millis(settings.settles_at)},
          {"backfilling", settings.backfilling}};
}

TimeToLive decode_time_to_live(const json::object& o) {
  return {required_text(o, "attribute"), o.at("enabled").as_bool(), time_of(o, "settles").value(),
          o.at("backfilling").as_bool()};
}

/// What version 2 added.
void decode_features(const json::object& o, Table& table) {
  for (const json::value& index : o.at("indexes").as_array())
    table.indexes.push_back(decode_index(table, index.as_object()));
  table.next_index_number = o.at("next_index").to_number<std::uint16_t>();
  for (const json::value& stream : o.at("streams").as_array())
    table.streams.push_back(decode_stream(stream.as_object()));
  table.next_stream_number = o.at("next_stream").to_number<std::uint32_t>();
  if (const json::value* settings = o.if_contains("ttl"))
    table.time_to_live = decode_time_to_live(settings->as_object());
}

Table decode(const json::object& o) {
  Table table;
  const auto version = o.at("v").to_number<std::int64_t>();
  if (version > kRecordVersion) throw store::DamagedRecord("a table record is of a newer version");
  table.id = TableId(o.at("id").to_number<std::uint32_t>());
  table.revision = o.at("revision").to_number<std::uint64_t>();
  table.account = required_text(o, "account");
  table.region = required_text(o, "region");
  table.name = required_text(o, "name");
  table.uuid = required_text(o, "uuid");
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
  table.table_class = required_text(o, "class");
  table.table_class_changed_at = time_of(o, "class_changed");
  table.deletion_protection = o.at("protected").as_bool();
  table.on_demand_throughput = object_or_empty(o, "on_demand");
  table.warm_throughput = object_or_empty(o, "warm");
  for (const json::value& tag : o.at("tags").as_array())
    table.tags.push_back({text(tag.as_object(), "key"), text(tag.as_object(), "value")});
  table.change = status_from_text(o.at("change").as_string());
  table.settles_at = time_of(o, "settles").value();
  if (version >= 2) decode_features(o, table);
  return table;
}

}  // namespace

std::string encode_table(const Table& table) {
  json::array attributes;
  for (const AttributeDefinition& d : table.attribute_definitions)
    attributes.push_back(json::object{{"name", d.name}, {"type", wire::type_name(d.type)}});
  json::array tags;
  for (const Tag& tag : table.tags) tags.push_back(json::object{{"key", tag.key}, {"value", tag.value}});
  json::array indexes, streams;
  for (const Index& index : table.indexes) indexes.push_back(encode_index(index));
  for (const Stream& stream : table.streams) streams.push_back(encode_stream(stream));
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
                 {"indexes", std::move(indexes)},
                 {"next_index", table.next_index_number},
                 {"streams", std::move(streams)},
                 {"next_stream", table.next_stream_number},
                 {"change", text_of(table.change)},
                 {"settles", unix_millis(table.settles_at)}};
  if (table.sort_key) o["sort_key"] = table.sort_key->name;
  put_time(o, "pay_per_request_since", table.pay_per_request_since);
  put_time(o, "class_changed", table.table_class_changed_at);
  if (!table.on_demand_throughput.empty()) o["on_demand"] = table.on_demand_throughput;
  if (!table.warm_throughput.empty()) o["warm"] = table.warm_throughput;
  if (table.time_to_live) o["ttl"] = encode_time_to_live(*table.time_to_live);
  return json::serialize(o);
}

Table decode_table(std::string_view record) {
  try {
    return decode(json::parse(record).as_object());
  } catch (const store::StoreError&) {
    throw;
  } catch (const std::exception& error) {
    throw store::DamagedRecord(std::string("a DynamoDB table record is damaged: ") + error.what());
  }
}

}  // namespace brume::dynamodb
