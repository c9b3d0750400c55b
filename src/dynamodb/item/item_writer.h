// The one place where an item changes in the store, with everything that hangs on it: its index entries, its
// stream record and its place among the items that expire. All of it goes into one transaction, so one commit
// carries everything. Private to dynamodb/.
#pragma once

#include <string>

#include "base/clock.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/table/item_change.h"
#include "dynamodb/table/table.h"
#include "store/store.h"

namespace brume::dynamodb {

/// What a change came to.
struct ChangeEffect {
  std::size_t size_before = 0;  ///< of the item, as billed; 0: absent
  std::size_t size_after = 0;
  IndexEffects indexes;         ///< those that were concerned
};

/// Lives within one run of a transaction's body. The table must come from a WritePass that is held until the
/// commit, and the transaction must hold the latch of the item's key.
class ItemWriter {
 public:
  ItemWriter(store::Transaction& transaction, WallTime now) : transaction_(transaction), now_(now) {}

  ChangeEffect write(const Table& table, const ItemChange& change);

 private:
  store::Transaction& transaction_;
  WallTime now_;
  std::uint16_t stream_records_ = 0;  ///< written so far in this transaction
};

/// Adds a committed change to the counts of the table and its indexes.
void count_change(const Table& table, std::string_view key, const ChangeEffect& effect);

}  // namespace brume::dynamodb
