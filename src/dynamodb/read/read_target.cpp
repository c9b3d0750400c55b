#include "dynamodb/read/read_target.h"

#include <algorithm>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/table/item_key.h"
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
  start_size_ = table.sort_key ? 2 : 1;
  if (!index) {
    partition_keys_ = {table.partition_key};
    if (table.sort_key) sort_keys_ = {*table.sort_key};
    return;
  }
  partition_keys_ = index->partition_keys;
  sort_keys_ = index->sort_keys;
  for (const std::vector<AttributeDefinition>* keys : {&partition_keys_, &sort_keys_})
    for (const AttributeDefinition& key : *keys) start_size_ += table.is_key(key.name) ? 0 : 1;
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

void ReadTarget::check_start_attribute(wire::ItemView start, const KeyAttribute& attribute) const {
  const auto value = start.find(attribute.name);
  if (!value) throw_validation(std::string(kInvalidStart));
  if (value->type() != attribute.type) throw_validation("The provided key element does not match the schema");
  if (value->type() != wire::ValueType::number && value->content().empty())
    throw_validation(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
        std::string(value->type() == wire::ValueType::string ? "string" : "binary") +
        " value. Key: " + std::string(attribute.name));
}

StartPlace ReadTarget::place_of_start(wire::ItemView start) const {
  std::string table_key;
  append_key_attributes(table_, start, table_key);
  StartPlace place;
  try {
    place.key = key_of_key(table_, wire::ItemView(table_key));
  } catch (const AwsError& error) {
    throw_validation(std::string(kInvalidStart) + ": " + error.message());
  }
  if (index_) {
    IndexEntry entry;
    if (!make_index_entry(table_, *index_, place.key, start, entry)) throw_validation(std::string(kInvalidStart));
    place.key = std::move(entry.key);
  }
  std::vector<wire::ValueView> partition;
  for (const AttributeDefinition& attribute : partition_keys_) partition.push_back(*start.find(attribute.name));
  place.partition_bytes = partition_prefix(partition).size();
  return place;
}

}  // namespace brume::dynamodb
