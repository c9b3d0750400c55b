// What a Query or a Scan reads: a table, or one of its indexes. Private to dynamodb/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression/key_condition.h"
#include "dynamodb/table/table.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// A place in the order of a target's keys.
struct StartPlace {
  std::string key;
  std::size_t partition_bytes = 0;  ///< of `key`: the front that it shares with all keys of its partition
};

/// Refers to the table, which outlives it.
class ReadTarget {
 public:
  /// `index` is null for the table itself.
  ReadTarget(const Table& table, const Index* index);

  const Table& table() const { return table_; }
  const Index* index() const { return index_; }
  bool is_global() const { return index_ && index_->kind == IndexKind::global; }
  bool is_local() const { return index_ && index_->kind == IndexKind::local; }

  const std::vector<AttributeDefinition>& partition_keys() const { return partition_keys_; }
  const std::vector<AttributeDefinition>& sort_keys() const { return sort_keys_; }
  /// One of the target's own keys; an index's are not the table's.
  bool has_key(std::string_view attribute) const;
  KeySchema key_schema() const;

  /// Front of all its keys in the store.
  std::string_view prefix() const { return index_ ? index_->key_prefix : table_.key_prefix; }
  /// Front of the keys of one partition.
  std::string partition_prefix(const std::vector<wire::ValueView>& partition) const;

  /// Does it hold all attributes of an item, or this one?
  bool projects_all() const { return !index_ || index_->projection == ProjectionType::all; }
  bool projects(std::string_view attribute) const;

  /// Appends the attributes of LastEvaluatedKey: the table's keys and the index's. `record` is an item or index entry.
  void append_start_key(wire::ItemView record, std::string& out) const;

  // ---- ExclusiveStartKey: the attributes of append_start_key(), no fewer and no more ----

  bool has_start_size(wire::ItemView start) const { return start.size() == start_size_; }
  /// Checks one key attribute of the target in it. Errors: ValidationException "The provided starting key is invalid",
  /// "The provided key element does not match the schema".
  void check_start_attribute(wire::ItemView start, const KeyAttribute& attribute) const;
  /// Where it lies, whether or not there is a record. The size and the target's key attributes have been checked.
  /// Errors: ValidationException "The provided starting key is invalid: …".
  StartPlace place_of_start(wire::ItemView start) const;

 private:
  const Table& table_;
  const Index* index_;
  std::vector<AttributeDefinition> partition_keys_;
  std::vector<AttributeDefinition> sort_keys_;
  std::size_t start_size_ = 0;  ///< attributes of a starting key
};

}  // namespace brume::dynamodb
