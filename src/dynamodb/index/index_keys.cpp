#include "dynamodb/index/index_keys.h"

#include "dynamodb/request/errors.h"
#include "dynamodb/table/item_key.h"

namespace brume::dynamodb {
namespace {

/// Which words tell of a bad value.
enum class Words : std::uint8_t {
  put,
  known,    ///< an update's value
  updated,  ///< an update's result
};

[[noreturn]] void throw_type(const Index& index, const AttributeDefinition& attribute, wire::ValueType actual,
                             Words words) {
  if (words == Words::updated)
    throw_validation("The update expression attempted to update the secondary index key to unsupported type");
  throw_invalid_parameter("Type mismatch for Index Key " + attribute.name +
                          " Expected: " + std::string(wire::type_name(attribute.type)) +
                          " Actual: " + std::string(wire::type_name(actual)) + " IndexName: " + index.name);
}

[[noreturn]] void throw_empty(const Index& index, const AttributeDefinition& attribute, Words words) {
  const std::string cannot = " The AttributeValue for a key attribute cannot contain an empty " +
                             std::string(attribute.type == wire::ValueType::string ? "string" : "binary") + " value.";
  if (words == Words::put)
    throw_validation(std::string(kEmptyKeyText) + " A value specified for a secondary index key is not supported." +
                     cannot + " IndexName: " + index.name + ", IndexKey: " + attribute.name);
  throw_validation(std::string(kEmptyKeyText) +
                   " The update expression attempted to update a secondary index key to a value that is not "
                   "supported." +
                   cannot);
}

bool is_empty_key(const AttributeDefinition& attribute, wire::ValueView value) {
  return attribute.type != wire::ValueType::number && value.content().empty();
}

/// The index that is named: of those that have `name` among their keys the first by name.
template <class Visit>
void with_index_of(const Table& table, std::string_view name, Visit visit) {
  const Index* first = nullptr;
  const AttributeDefinition* key = nullptr;
  for (const Index& index : table.indexes) {
    if (!index.takes_writes() || (first && first->name <= index.name)) continue;
    for (const auto* attributes : {&index.partition_keys, &index.sort_keys})
      for (const AttributeDefinition& attribute : *attributes) {
        if (attribute.name != name) continue;
        first = &index;
        key = &attribute;
      }
  }
  if (first) visit(*first, *key);
}

[[noreturn]] void throw_unfit(const Table& table, std::string_view name, wire::ValueView value, Words words) {
  with_index_of(table, name, [&](const Index& index, const AttributeDefinition& attribute) {
    if (value.type() != attribute.type) throw_type(index, attribute, value.type(), words);
    throw_empty(index, attribute, words);
  });
  throw std::logic_error("no index has the key " + std::string(name));
}

/// Checks the attributes of one of an index's two keys; returns the bytes that they have together.
std::size_t check_values(const Table& table, const std::vector<AttributeDefinition>& attributes, wire::ItemView item,
                         Words words) {
  std::size_t bytes = 0;
  for (const AttributeDefinition& attribute : attributes) {
    auto value = item.find(attribute.name);
    if (!value) continue;
    bytes += value->content().size();
    if (table.is_key(attribute.name)) continue;
    if (value->type() != attribute.type || is_empty_key(attribute, *value))
      throw_unfit(table, attribute.name, *value, words);
  }
  return bytes;
}

void check(const Table& table, wire::ItemView item, Words words) {
  for (const Index& index : table.indexes) {
    if (!index.takes_writes()) continue;
    if (index.kind == IndexKind::global &&
        check_values(table, index.partition_keys, item, words) > kMaxPartitionKeyBytes)
      throw_invalid_parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes");
    if (check_values(table, index.sort_keys, item, words) > kMaxSortKeyBytes)
      throw_invalid_parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  }
}

}  // namespace

void check_index_keys(const Table& table, wire::ItemView item) { check(table, item, Words::put); }

void check_updated_index_keys(const Table& table, wire::ItemView item) { check(table, item, Words::updated); }

void check_known_index_key(const Table& table, std::string_view name, wire::ValueType type,
                           std::optional<wire::ValueView> value) {
  with_index_of(table, name, [&](const Index& index, const AttributeDefinition& attribute) {
    if (type != attribute.type) throw_type(index, attribute, type, Words::known);
    if (value && is_empty_key(attribute, *value)) throw_empty(index, attribute, Words::known);
  });
}

}  // namespace brume::dynamodb
