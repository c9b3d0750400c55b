#include "dynamodb/table/item_key.h"

#include "dynamodb/request/errors.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb {
namespace {

constexpr std::string_view kNoMatch = "The provided key element does not match the schema";

void check_key_value(const AttributeDefinition& attribute, wire::ValueView value, bool is_partition) {
  if (value.type() == wire::ValueType::number) return;
  std::size_t size = value.content().size();
  if (size == 0) {
    std::string_view kind = value.type() == wire::ValueType::string ? "string" : "binary";
    throw_validation(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
        "empty " +
        std::string(kind) + " value. Key: " + attribute.name);
  }
  // The missing blank is AWS's.
  if (is_partition && size > kMaxPartitionKeyBytes)
    throw_invalid_parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes");
  if (!is_partition && size > kMaxSortKeyBytes)
    throw_invalid_parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

std::string store_key(const Table& table, wire::ValueView partition, const wire::ValueView* sort) {
  check_key_value(table.partition_key, partition, true);
  if (sort) check_key_value(*table.sort_key, *sort, false);
  std::string key = partition_prefix(table, partition);
  if (sort) wire::append_key(key, *sort);
  return key;
}

wire::ValueView value_in_item(const AttributeDefinition& attribute, wire::ItemView item) {
  auto value = item.find(attribute.name);
  if (!value) throw_invalid_parameter("Missing the key " + attribute.name + " in the item");
  if (value->type() != attribute.type)
    throw_invalid_parameter("Type mismatch for key " + attribute.name +
                            " expected: " + std::string(wire::type_name(attribute.type)) +
                            " actual: " + std::string(wire::type_name(value->type())));
  return *value;
}

wire::ValueView value_in_key(const AttributeDefinition& attribute, wire::ItemView key) {
  auto value = key.find(attribute.name);
  if (!value || value->type() != attribute.type) throw_validation(std::string(kNoMatch));
  return *value;
}

}  // namespace

std::string partition_prefix(const Table& table, wire::ValueView partition_key) {
  std::string encoded;
  encoded.reserve(partition_key.content().size() + 8);
  wire::append_key(encoded, partition_key);
  std::string key;
  key.reserve(kItemsPrefixBytes + kPartitionHashBytes + encoded.size() + 32);
  key = table.key_prefix;
  append_partition(key, encoded);
  return key;
}

std::string key_of_key(const Table& table, wire::ItemView key) {
  if (key.size() != (table.sort_key ? 2u : 1u)) throw_validation(std::string(kNoMatch));
  wire::ValueView partition = value_in_key(table.partition_key, key);
  if (!table.sort_key) return store_key(table, partition, nullptr);
  wire::ValueView sort = value_in_key(*table.sort_key, key);
  return store_key(table, partition, &sort);
}

std::string key_of_item(const Table& table, wire::ItemView item) {
  wire::ValueView partition = value_in_item(table.partition_key, item);
  if (!table.sort_key) return store_key(table, partition, nullptr);
  wire::ValueView sort = value_in_item(*table.sort_key, item);
  return store_key(table, partition, &sort);
}

void append_key_attributes(const Table& table, wire::ItemView item, std::string& out) {
  if (auto value = item.find(table.partition_key.name)) wire::append_attribute(out, table.partition_key.name, *value);
  if (!table.sort_key) return;
  if (auto value = item.find(table.sort_key->name)) wire::append_attribute(out, table.sort_key->name, *value);
}

}  // namespace brume::dynamodb
