// For `brume store check`: whether a stream and the items of its table agree. Private to dynamodb/.
#pragma once

#include <string_view>

#include "dynamodb/table/content_sum.h"
#include "dynamodb/table/table.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// Adds up what the records of a table's stream put in and took out. The result is its items, if the stream is enabled
/// since the table was made and nothing was trimmed; of other streams nothing can be said. Contents count where records
/// hold both images, else keys alone.
class StreamBalance {
 public:
  /// `key` is the item's in the store.
  void add_item(const Table& table, std::string_view key, wire::ItemView item);
  /// Any well-formed entry of one of the table's streams.
  void add_entry(const Table& table, std::string_view key, std::string_view value);

  bool agrees() const { return trimmed_ || items_ == records_; }

 private:
  ContentSum items_;
  ContentSum records_;
  bool trimmed_ = false;
};

}  // namespace brume::dynamodb
