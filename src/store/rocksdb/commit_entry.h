// A transaction that waits to be written, alone or as one of a group.
#pragma once

#include <rocksdb/write_batch.h>

#include <span>
#include <utility>

#include "store/rocksdb/write_set.h"
#include "store/store.h"
#include "store/wake.h"

namespace brume::store {

/// Lives in the frame of the coroutine that waits.
struct CommitEntry {
  CommitEntry(LoopExecutor loop, const WriteSet& w, CommitVersion v) : waiter(std::move(loop)), writes(w), version(v) {}

  Waiter waiter;
  const WriteSet& writes;
  CommitVersion version;  ///< 0: none taken
  bool failed = false;
};

using CommitGroup = std::span<CommitEntry* const>;

/// One batch of all that the group wrote, in its order.
rocksdb::WriteBatch join_writes(CommitGroup group);

}  // namespace brume::store
