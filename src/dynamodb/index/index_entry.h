// Entries of secondary indexes: what an item looks like in an index. Private to dynamodb/.
#pragma once

#include <boost/container/small_vector.hpp>
#include <string>
#include <string_view>

#include "dynamodb/table/table.h"
#include "store/store.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// An index record: its key in the store and the projected attributes in stored form.
struct IndexEntry {
  std::string key;
  std::string attributes;
};

/// Fills `entry` with what `item`, stored under `item_key`, is in `index`; false if it isn't in the index, because
/// it lacks a key attribute or has one of another type, an empty or too long one (only a backfill meets the latter:
/// writes are refused before, index_keys.h).
bool make_index_entry(const Table& table, const Index& index, std::string_view item_key, wire::ItemView item,
                      IndexEntry& entry);

/// What one write did to one index; what capacity, collection sizes and counters are made of.
struct IndexEffect {
  const Index* index = nullptr;
  std::size_t bytes_before = 0;  ///< of the projected attributes; 0 if there was no entry
  std::size_t bytes_after = 0;
  bool existed = false;
  bool exists = false;
  bool moved = false;            ///< the entry's key changed: one entry was erased, one put
};
using IndexEffects = boost::container::small_vector<IndexEffect, 2>;

/// Brings the entries of one index from those of `before` to those of `after` (empty items are absent ones).
/// Returns false, having written nothing, if the index is not concerned.
bool update_index(store::Transaction& transaction, const Table& table, const Index& index, std::string_view item_key,
                  wire::ItemView before, wire::ItemView after, IndexEffect& effect);

}  // namespace brume::dynamodb
