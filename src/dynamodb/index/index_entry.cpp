#include "dynamodb/index/index_entry.h"

#include "dynamodb/errors.h"
#include "dynamodb/item/item_key.h"
#include "wire/key_encoding.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

bool is_projected(const Table& table, const Index& index, std::string_view name) {
  if (table.is_key(name) || index.has_key(name)) return true;
  if (index.projection != ProjectionType::include) return false;
  for (const std::string& attribute : index.non_key_attributes)
    if (attribute == name) return true;
  return false;
}

/// Appends the value of a key attribute; false if it cannot be one.
bool append_key_value(const AttributeDefinition& attribute, wire::ItemView item, std::size_t max_bytes,
                      std::string& out) {
  auto value = item.find(attribute.name);
  if (!value || value->type() != attribute.type) return false;
  if (attribute.type != wire::ValueType::number && (value->content().empty() || value->content().size() > max_bytes))
    return false;
  wire::append_key(out, *value);
  return true;
}

bool append_sort_keys(const Index& index, wire::ItemView item, std::string& out) {
  for (const AttributeDefinition& attribute : index.sort_keys)
    if (!append_key_value(attribute, item, kMaxSortKeyBytes, out)) return false;
  return true;
}

bool make_key(const Table& table, const Index& index, std::string_view item_key, wire::ItemView item,
              std::string& key) {
  key.reserve(index.key_prefix.size() + item_key.size() + 64);
  key = index.key_prefix;
  std::string_view own = item_key.substr(kItemsPrefixBytes);  // hash, partition, sort
  if (index.kind == IndexKind::local) {
    std::string_view rest = own.substr(kPartitionHashBytes);
    // The partition key stands in front of the index's sort key, the table's sort key behind it.
    std::string partition;
    wire::append_key(partition, *item.find(table.partition_key.name));
    key.append(own.substr(0, kPartitionHashBytes + partition.size()));
    if (!append_sort_keys(index, item, key)) return false;
    key.append(rest.substr(partition.size()));
    return true;
  }
  std::string partition;
  for (const AttributeDefinition& attribute : index.partition_keys)
    if (!append_key_value(attribute, item, kMaxPartitionKeyBytes, partition)) return false;
  append_partition(key, partition);
  if (!append_sort_keys(index, item, key)) return false;
  key.append(own);
  return true;
}

}  // namespace

bool make_index_entry(const Table& table, const Index& index, std::string_view item_key, wire::ItemView item,
                      IndexEntry& entry) {
  if (!make_key(table, index, item_key, item, entry.key)) return false;
  if (index.projection == ProjectionType::all) {
    entry.attributes = item.content();
    return true;
  }
  entry.attributes.clear();
  for (const wire::Attribute& attribute : item)
    if (is_projected(table, index, attribute.name)) entry.attributes.append(attribute.stored);
  return true;
}

bool update_index(store::Transaction& transaction, const Table& table, const Index& index, std::string_view item_key,
                  wire::ItemView before, wire::ItemView after, IndexEffect& effect) {
  IndexEntry old_entry, new_entry;
  effect.index = &index;
  effect.existed = !before.empty() && make_index_entry(table, index, item_key, before, old_entry);
  effect.exists = !after.empty() && make_index_entry(table, index, item_key, after, new_entry);
  if (!effect.existed && !effect.exists) return false;
  const bool same_key = effect.existed && effect.exists && old_entry.key == new_entry.key;
  if (same_key && old_entry.attributes == new_entry.attributes) return false;
  effect.moved = effect.existed && effect.exists && !same_key;
  if (effect.existed) effect.bytes_before = wire::item_size(wire::ItemView(old_entry.attributes));
  if (effect.exists) effect.bytes_after = wire::item_size(wire::ItemView(new_entry.attributes));
  if (effect.existed && !same_key) transaction.erase(old_entry.key);
  if (effect.exists) transaction.put(new_entry.key, new_entry.attributes);
  return true;
}

void check_index_keys(const Table& table, wire::ItemView item, bool is_update) {
  auto check = [&](const Index& index, const AttributeDefinition& attribute, std::size_t max_bytes) {
    if (table.is_key(attribute.name)) return;
    auto value = item.find(attribute.name);
    if (!value) return;
    if (value->type() != attribute.type) {
      if (is_update)
        throw_validation("The update expression attempted to update the secondary index key to unsupported type");
      throw_invalid_parameter("Type mismatch for Index Key " + attribute.name +
                              " Expected: " + std::string(wire::type_name(attribute.type)) +
                              " Actual: " + std::string(wire::type_name(value->type())) + " IndexName: " + index.name);
    }
    if (attribute.type == wire::ValueType::number) return;
    std::size_t size = value->content().size();
    std::string_view kind = attribute.type == wire::ValueType::string ? "string" : "binary";
    if (size == 0)
      throw_validation(
          "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
          "The AttributeValue for a key attribute cannot contain an empty " +
          std::string(kind) + " value. IndexName: " + index.name + ", IndexKey: " + attribute.name);
    if (size > max_bytes)
      throw_invalid_parameter(
          max_bytes == kMaxPartitionKeyBytes
              ? "Size of hashkey has exceeded the maximum size limit of2048 bytes"
              : "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  };
  for (const Index& index : table.indexes) {
    if (!index.takes_writes()) continue;
    if (index.kind == IndexKind::global)
      for (const AttributeDefinition& attribute : index.partition_keys) check(index, attribute, kMaxPartitionKeyBytes);
    for (const AttributeDefinition& attribute : index.sort_keys) check(index, attribute, kMaxSortKeyBytes);
  }
}

}  // namespace brume::dynamodb
