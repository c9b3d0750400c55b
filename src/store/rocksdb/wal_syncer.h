// Puts relaxed commits on stable storage shortly after they were acknowledged.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace brume::store {

/// One thread that syncs RocksDB's log once `period` has passed since the first unsynced write. Until then it has the
/// system write what there is in small steps, so that the sync finds little left to do: while it waits for the disk and
/// the file system's journal, appends may have to wait too. While nothing is written it sleeps without waking.
///
/// It opens the log files itself rather than calling DB::SyncWAL: when an append has failed (a full disk) RocksDB's
/// own file writer must not be touched any more, an assertion of its ends the process, and a thread beside the
/// writers cannot know in time. A sync of another descriptor of the same file covers the same bytes.
class WalSyncer {
 public:
  /// `failed` is called on the syncer's thread with the status of a sync that failed; none is tried after it until
  /// resume().
  WalSyncer(rocksdb::DB& db, std::chrono::milliseconds period, std::function<void(const rocksdb::Status&)> failed);
  /// Joins. Does not sync: whoever closes the store does.
  ~WalSyncer();
  WalSyncer(const WalSyncer&) = delete;
  WalSyncer& operator=(const WalSyncer&) = delete;

  /// Everything written up to now is safe by other means. Thread-safe.
  void resume();

  /// Something was written. Thread-safe; one atomic load as long as a sync is due anyway.
  void wrote() {
    if (!due_.load(std::memory_order_relaxed) && !due_.exchange(true, std::memory_order_acq_rel)) wake();
  }

 private:
  void wake();
  void work();
  bool wait_for_period(std::unique_lock<std::mutex>& lock);
  void start_writing();
  rocksdb::Status sync_logs();

  rocksdb::DB& db_;
  const std::chrono::milliseconds period_;
  std::function<void(const rocksdb::Status&)> failed_;
  std::atomic<bool> due_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool halted_ = false;  ///< after a failed sync
  int newest_fd_ = -1;  ///< the log that grows, if it could be opened; the thread's alone
  std::uint64_t newest_open_ = 0;
  std::uint64_t first_unsynced_ = 0;  ///< number of the oldest log that may hold unsynced bytes; the thread's alone
  std::thread thread_;
};

}  // namespace brume::store
