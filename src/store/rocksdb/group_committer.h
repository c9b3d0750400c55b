// Commits of many transactions with one synced write: what makes durable writes fast.
#pragma once

#include <rocksdb/status.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/task.h"
#include "store/rocksdb/commit_entry.h"

namespace brume::store {

/// One thread that takes all waiting transactions, joins them to one write batch, writes it synced and
/// wakes their coroutines. Joining across connections beats a synced write by each by three to four times.
///
/// The queue is bounded by its callers: each holds one transaction while it waits, and wait_for_room()
/// holds back new ones while more than kQueueBytesMax wait.
class GroupCommitter {
 public:
  /// Writes a group and syncs it; called on the committer's thread, before the group's waiters wake. Must not throw.
  using Write = std::function<rocksdb::Status(CommitGroup)>;

  explicit GroupCommitter(Write write);
  /// Writes what waits, then joins.
  ~GroupCommitter();
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  /// Resumes when the entry's group is on stable storage or has failed: look at `failed`.
  Task<> commit(CommitEntry& entry);
  /// The same for entries whose coroutines are suspended in their waiters already. Starts at once.
  void take_over(CommitGroup entries);

  /// Whether anything waits or is being written. May be out of date at once.
  bool busy() const { return busy_.load(std::memory_order_relaxed); }

  /// True while a new transaction should wait_for_room() before it begins.
  bool full() const { return queued_bytes_.load(std::memory_order_relaxed) > kQueueBytesMax; }
  Task<> wait_for_room();

  static constexpr std::size_t kQueueBytesMax = 64 * 1024 * 1024;
  static constexpr std::size_t kGroupBytesMax = 4 * 1024 * 1024;

 private:
  void submit(CommitEntry& entry);
  void start_now(std::uint64_t round);
  void work();
  void take_group(std::vector<CommitEntry*>& group);

  Write write_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<CommitEntry*> queue_;  // in order of arrival
  std::vector<Waiter*> without_room_;
  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<bool> busy_ = false;
  bool idle_ = true;              // the thread waits for `go_`
  std::uint64_t round_ = 0;       // how often it was told to
  std::vector<const asio::io_context*> starters_;  // loops that will tell it to
  bool go_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace brume::store
