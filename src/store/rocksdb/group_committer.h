// Commits of many transactions with one synced write: what makes durable writes fast.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/task.h"
#include "store/rocksdb/write_set.h"
#include "store/wake.h"

namespace brume::store {

/// One thread that takes all waiting transactions, joins them to one write batch, writes it synced and
/// wakes their coroutines. Joining across connections beats a synced write by each by three to four times.
///
/// The queue is bounded by its callers: each holds one transaction while it waits, and wait_for_room()
/// holds back new ones while more than kQueueBytesMax wait.
class GroupCommitter {
 public:
  /// A transaction on its way; lives in the frame of the coroutine that waits.
  struct Entry {
    Entry(LoopExecutor loop, const WriteSet& w, std::uint64_t v) : waiter(std::move(loop)), writes(w), version(v) {}
    Waiter waiter;
    const WriteSet& writes;
    std::uint64_t version;  ///< 0: none taken
    bool failed = false;
  };

  /// Called on the committer's thread after each group's write, before the group's waiters wake.
  using Written = std::function<void(const rocksdb::Status&, const std::vector<Entry*>&)>;

  GroupCommitter(rocksdb::DB& db, Written written);
  /// Writes what waits, then joins.
  ~GroupCommitter();
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  /// Resumes when the entry's group is on stable storage or has failed: look at `failed`.
  Task<> commit(Entry& entry);

  /// True while a new transaction should wait_for_room() before it begins.
  bool full() const { return queued_bytes_.load(std::memory_order_relaxed) > kQueueBytesMax; }
  Task<> wait_for_room();

  static constexpr std::size_t kQueueBytesMax = 64 * 1024 * 1024;
  static constexpr std::size_t kGroupBytesMax = 4 * 1024 * 1024;

 private:
  void submit(Entry& entry);
  void start_now();
  void work();
  void take_group(std::vector<Entry*>& group);
  rocksdb::Status write(const std::vector<Entry*>& group);

  rocksdb::DB& db_;
  Written written_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Entry*> queue_;  // in order of arrival
  std::vector<Waiter*> without_room_;
  std::atomic<std::size_t> queued_bytes_ = 0;
  bool idle_ = true;             // the thread waits for `go_`
  bool start_posted_ = false;
  bool go_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace brume::store
