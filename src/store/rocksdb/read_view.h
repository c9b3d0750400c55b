// Reads of one consistent state of RocksDB, with or (within OnlyFromMemory) without waiting for the disk.
#pragma once

#include <rocksdb/db.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/record_cache.h"
#include "store/rocksdb/memory_first_files.h"
#include "store/store.h"

namespace brume::store {

// Thrown through a body to abandon it. No std::exception, so that a body that handles its own errors
// does not take them for one.
struct WouldBlock {};    ///< the answer is not in memory, or takes too long to find for a loop
struct StateMoved {};    ///< a commit came between the first read and the second: start again, pinned

/// A reader of one state. Values of the record cache are as good as the engine's if they were current in that state
/// already. A single read needs no snapshot: it is consistent by itself. The snapshot (two
/// locks of RocksDB's mutex) is taken at the second read; if the database's sequence number has not moved
/// since before the first, both see the same state, else the body starts again with a snapshot from its start.
class ReadView {
 public:
  enum class Pin { lazily, at_once };

  /// Within OnlyFromMemory, which is on a loop: one step of a cursor passes over this many erased or overwritten records
  /// at most, and one body walks for this long at most. What needs more is done on the pool.
  static constexpr std::uint64_t kSkippedMax = 1000;
  static constexpr std::chrono::milliseconds kWalkMax{4};

  ReadView(rocksdb::DB& db, RecordCache& cache, Pin pin);
  ~ReadView();
  ReadView(const ReadView&) = delete;
  ReadView& operator=(const ReadView&) = delete;

  /// Errors: StoreError; WouldBlock, StateMoved as above.
  bool get(std::string_view key, std::string& value);
  std::unique_ptr<Cursor> scan(const Range& range, Direction direction);

 private:
  void begin_read();

  rocksdb::DB& db_;
  RecordCache& cache_;
  rocksdb::ReadOptions options_;
  std::chrono::steady_clock::time_point walk_end_ = std::chrono::steady_clock::time_point::max();
  bool read_before_ = false;
  StateNumber state_ = 0;  // the one that is read; known from the first read or the snapshot on
};

/// Throws what `status`, which is not OK, stands for: WouldBlock or StoreError.
[[noreturn]] void throw_read_error(const rocksdb::Status& status);

/// Calls attempt(view), a void call, in memory; false if it would have to wait for the disk.
template <class Attempt>
bool read_in_memory(rocksdb::DB& db, RecordCache& cache, Attempt&& attempt) {
  const OnlyFromMemory guard;
  try {
    try {
      ReadView view(db, cache, ReadView::Pin::lazily);
      attempt(view);
    } catch (const StateMoved&) {
      ReadView view(db, cache, ReadView::Pin::at_once);
      attempt(view);
    }
  } catch (const WouldBlock&) {
    return false;
  }
  return true;
}

/// Calls attempt(view) on a thread that may wait.
template <class Attempt>
void read_blocking(rocksdb::DB& db, RecordCache& cache, Attempt&& attempt) {
  ReadView view(db, cache, ReadView::Pin::at_once);
  attempt(view);
}

}  // namespace brume::store
