#include "dynamodb/index/index_entry.h"

#include "dynamodb/table/item_key.h"
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

/// Appends the values of key attributes; false if they cannot be a key: one is absent, of another type or empty, or all
/// are too long together.
bool append_key_values(const std::vector<AttributeDefinition>& attributes, wire::ItemView item, std::size_t max_bytes,
                       std::string& out) {
  std::size_t bytes = 0;
  for (const AttributeDefinition& attribute : attributes) {
    auto value = item.find(attribute.name);
    if (!value || value->type() != attribute.type) return false;
    if (attribute.type != wire::ValueType::number && value->content().empty()) return false;
    bytes += value->content().size();
    wire::append_key(out, *value);
  }
  return bytes <= max_bytes;
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
    if (!append_key_values(index.sort_keys, item, kMaxSortKeyBytes, key)) return false;
    key.append(rest.substr(partition.size()));
    return true;
  }
  std::string partition;
  if (!append_key_values(index.partition_keys, item, kMaxPartitionKeyBytes, partition)) return false;
  append_partition(key, partition);
  if (!append_key_values(index.sort_keys, item, kMaxSortKeyBytes, key)) return false;
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

}  // namespace brume::dynamodb
