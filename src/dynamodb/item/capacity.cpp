#include "dynamodb/item/capacity.h"

#include <algorithm>

#include "base/json_text.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

constexpr std::size_t kReadBlock = 4096;

std::uint64_t blocks(std::size_t bytes, std::size_t block) {
  return std::max<std::uint64_t>(1, (bytes + block - 1) / block);
}

void append_units(std::string& json, std::string_view name, HalfUnits units) {
  json += '"';
  json += name;
  json += "\":" + std::to_string(units / 2) + (units % 2 ? ".5" : ".0");
}

void append_amounts(std::string& json, HalfUnits units, std::string_view detail) {
  append_units(json, "CapacityUnits", units);
  if (detail.empty()) return;
  json += ',';
  append_units(json, detail, units);
}

void append_indexes(std::string& json, std::string_view member, IndexKind kind, const Consumption& consumption,
                    std::string_view detail) {
  bool any = false;
  for (const Consumption::OfIndex& part : consumption.indexes) {
    if (part.index->kind != kind) continue;
    json += any ? "," : ",\"" + std::string(member) + "\":{";
    any = true;
    append_json_string(json, part.index->name);
    json += ":{";
    append_amounts(json, part.units, detail);
    json += '}';
  }
  if (any) json += '}';
}

}  // namespace

HalfUnits read_units(std::size_t bytes, bool consistent) { return blocks(bytes, kReadBlock) * (consistent ? 2 : 1); }

HalfUnits read_units_of(std::string_view stored_item, bool consistent) {
  // Nothing is billed at more than twice its stored bytes; an empty list in a list comes closest (4 for 2).
  const std::size_t most = 2 * stored_item.size();
  return read_units(most <= kReadBlock ? most : wire::item_size(wire::ItemView(stored_item)), consistent);
}

HalfUnits write_units(std::size_t bytes_before, std::size_t bytes_after) {
  return blocks(std::max(bytes_before, bytes_after), 1024) * 2;
}

HalfUnits Consumption::total() const {
  HalfUnits sum = table;
  for (const OfIndex& part : indexes) sum += part.units;
  return sum;
}

void Consumption::add(const Consumption& other) {
  table += other.table;
  for (const OfIndex& more : other.indexes) {
    auto mine = std::find_if(indexes.begin(), indexes.end(),
                             [&](const OfIndex& part) { return part.index->number == more.index->number; });
    if (mine == indexes.end()) indexes.push_back(more);
    else mine->units += more.units;
  }
}

Consumption consumed_by(const ChangeEffect& effect) {
  Consumption consumption;
  consumption.table = write_units(effect.size_before, effect.size_after);
  for (const IndexEffect& index : effect.indexes)
    consumption.indexes.push_back(
        {index.index, index.moved ? write_units(index.bytes_before, 0) + write_units(0, index.bytes_after)
                                  : write_units(index.bytes_before, index.bytes_after)});
  return consumption;
}

void add_usage(service::UsageList& usage, Units units, const Table& table, const Consumption& consumption) {
  const auto add = [&](std::string_view index, HalfUnits half_units) {
    service::Usage& entry = usage.emplace_back();
    entry.resource = table.name;
    entry.part = index;
    (units == Units::read ? entry.read_units : entry.write_units) = static_cast<double>(half_units) / 2;
  };
  HalfUnits own = consumption.table;
  for (const Consumption::OfIndex& part : consumption.indexes)
    if (part.index->kind == IndexKind::local) own += part.units;
  add({}, own);
  for (const Consumption::OfIndex& part : consumption.indexes)
    if (part.index->kind == IndexKind::global) add(part.index->name, part.units);
}

void append_capacity_object(std::string& json, ReturnCapacity wanted, const Table& table,
                            const Consumption& consumption, std::string_view detail) {
  json += "{\"TableName\":";
  append_json_string(json, table.name);
  json += ',';
  append_amounts(json, consumption.total(), detail);
  if (wanted == ReturnCapacity::indexes) {
    json += ",\"Table\":{";
    append_amounts(json, consumption.table, detail);
    json += '}';
    append_indexes(json, "LocalSecondaryIndexes", IndexKind::local, consumption, detail);
    append_indexes(json, "GlobalSecondaryIndexes", IndexKind::global, consumption, detail);
  }
  json += '}';
}

void append_consumed_capacity(std::string& json, ReturnCapacity wanted, const Table& table,
                              const Consumption& consumption) {
  if (wanted == ReturnCapacity::none) return;
  json += "\"ConsumedCapacity\":";
  append_capacity_object(json, wanted, table, consumption);
  json += ',';
}

}  // namespace brume::dynamodb
