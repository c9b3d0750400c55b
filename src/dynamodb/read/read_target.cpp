#include "dynamodb/read/read_target.h"

#include <algorithm>

#include "dynamodb/errors.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/item/item_key.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb {
namespace {

constexpr std::string_view kInvalidStart = "The provided starting key is invalid";

std::vector<KeyAttribute> schema_of(const std::vector<AttributeDefinition>& attributes) {
  std::vector<KeyAttribute> schema;
  for (const AttributeDefinition& attribute : attributes) schema.push_back({attribute.name, attribute.type});
  return schema;
}

bool contains(const std::vector<AttributeDefinition>& attributes, std::string_view name) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const AttributeDefinition& attribute) { return attribute.name == name; });
}

}  // namespace

ReadTarget::ReadTarget(const Table& table, const Index* index) : table_(table), index_(index) {
  if (index) {
    partition_keys_ = index->partition_keys;
    sort_keys_ = index->sort_keys;
    return;
  }
  partition_keys_ = {table.partition_key};
  if (table.sort_key) sort_keys_ = {*table.sort_key};
}

bool ReadTarget::has_key(std::string_view attribute) const {
  return contains(partition_keys_, attribute) || contains(sort_keys_, attribute);
}

KeySchema ReadTarget::key_schema() const { return {schema_of(partition_keys_), schema_of(sort_keys_)}; }

std::string ReadTarget::partition_prefix(const std::vector<wire::ValueView>& partition) const {
  std::string encoded;
  for (wire::ValueView value : partition) wire::append_key(encoded, value);
  std::string key(prefix());
  append_partition(key, encoded);
  return key;
}

bool ReadTarget::projects(std::string_view attribute) const {
  if (projects_all() || table_.is_key(attribute) || has_key(attribute)) return true;
  const std::vector<std::string>& more = index_->non_key_attributes;
  return index_->projection == ProjectionType::include && std::find(more.begin(), more.end(), attribute) != more.end();
}

void ReadTarget::append_start_key(wire::ItemView record, std::string& out) const {
  append_key_attributes(table_, record, out);
  if (!index_) return;
  for (const std::vector<AttributeDefinition>* keys : {&partition_keys_, &sort_keys_})
    for (const AttributeDefinition& key : *keys)
      if (auto value = record.find(key.name); value && !table_.is_key(key.name))
        wire::append_attribute(out, key.name, *value);
}

std::string ReadTarget::store_key_of_start(wire::ItemView start) const {
  // The attributes are those of append_start_key, no fewer and no more.
  std::string expected;
  append_start_key(start, expected);
  std::size_t keys = 1 + (table_.sort_key ? 1 : 0);
  if (index_)
    for (const std::vector<AttributeDefinition>* attributes : {&partition_keys_, &sort_keys_})
      for (const AttributeDefinition& attribute : *attributes) keys += table_.is_key(attribute.name) ? 0 : 1;
  if (start.size() != keys || wire::ItemView(expected).size() != keys) throw_validation(std::string(kInvalidStart));
  try {
    std::string item_key;
    append_key_attributes(table_, start, item_key);
    item_key = key_of_key(table_, wire::ItemView(item_key));
    if (!index_) return item_key;
    check_index_keys(table_, start, false);
    IndexEntry entry;
    if (!make_index_entry(table_, *index_, item_key, start, entry)) throw_validation(std::string(kInvalidStart));
    return std::move(entry.key);
  } catch (const AwsError& error) {
    if (error.message() == kInvalidStart) throw;
    throw_validation(std::string(kInvalidStart) + ": " + error.message());
  }
}

}  // namespace brume::dynamodb
