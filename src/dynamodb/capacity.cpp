#include "dynamodb/capacity.h"

#include "wire/item_json.h"

namespace brume::dynamodb {
namespace {

std::uint64_t blocks(std::size_t bytes, std::size_t block) {
  return std::max<std::uint64_t>(1, (bytes + block - 1) / block);
}

void append_units(std::string& json, HalfUnits units) {
  json += "\"CapacityUnits\":" + std::to_string(units / 2) + (units % 2 ? ".5" : ".0");
}

}  // namespace

HalfUnits read_units(std::size_t bytes, bool consistent) { return blocks(bytes, 4096) * (consistent ? 2 : 1); }

HalfUnits write_units(std::size_t bytes_before, std::size_t bytes_after) {
  return blocks(std::max(bytes_before, bytes_after), 1024) * 2;
}

void append_consumed_capacity(std::string& json, ReturnCapacity wanted, const Table& table, HalfUnits units) {
  if (wanted == ReturnCapacity::none) return;
  json += "\"ConsumedCapacity\":{\"TableName\":";
  wire::append_json_string(table.name, json);
  json += ',';
  append_units(json, units);
  if (wanted == ReturnCapacity::indexes) {
    json += ",\"Table\":{";
    append_units(json, units);
    json += '}';
  }
  json += "},";
}

}  // namespace brume::dynamodb
