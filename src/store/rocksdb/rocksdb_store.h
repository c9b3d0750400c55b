// The Store on RocksDB. Internal to the engine: others use store.h and rocksdb/open.h.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/blocking_pool.h"
#include "store/commit_versions.h"
#include "store/commit_watches.h"
#include "store/disk_space.h"
#include "store/latches.h"
#include "store/record_cache.h"
#include "store/rocksdb/background_errors.h"
#include "store/rocksdb/compaction_room.h"
#include "store/rocksdb/group_committer.h"
#include "store/rocksdb/relaxed_committer.h"
#include "store/rocksdb/wal_syncer.h"
#include "store/rocksdb/write_buffer_watch.h"
#include "store/store.h"

namespace brume::store {

class RocksDbTransaction;

/// Whether the store may still be written. After one failed write nobody knows what the log holds, so
/// all commits fail until the store is opened again or recovers; reads go on.
class StoreHealth {
 public:
  /// Errors: Unavailable if a write failed before.
  void check() const {
    if (failed_.load(std::memory_order_acquire)) refuse();
  }
  bool ok() const { return !failed_.load(std::memory_order_acquire); }
  /// Marks the store as failed; the first call logs the reason.
  void fail(const rocksdb::Status& status);
  [[noreturn]] void refuse() const;
  /// The commit under way was in the write that failed, or behind it. Errors: StoreError, always.
  [[noreturn]] void report_failed() const;
  std::string reason() const;  ///< "" if none
  /// Failed, and by a full disk alone.
  bool curable() const;
  void restore();

 private:
  mutable std::mutex mutex_;
  std::string reason_;
  bool disk_full_ = false;
  std::atomic<bool> failed_ = false;
};

class RocksDbStore final : public Store {
 public:
  struct Tuning {
    Durability durability = Durability::sync;
    /// How many versions one durable reservation covers.
    std::uint64_t version_block = std::uint64_t{1} << 32;
    /// How long a relaxed commit may wait for its sync.
    std::chrono::milliseconds sync_period{200};
    /// For the records that are read most; 0: no such cache.
    std::size_t record_cache_bytes = 64 * 1024 * 1024;
    /// A listener of the database; null: nobody knows how full the write buffer is.
    std::shared_ptr<WriteBufferWatch> write_buffer;
    /// The database's, if it is not one that lives as long as the process.
    std::shared_ptr<rocksdb::Env> env;
    DiskSpace* space = nullptr;
    /// A listener of `db`; null: its own failures show at the next write.
    std::shared_ptr<BackgroundErrors> errors = nullptr;
    /// A listener of `db`; null: compactions are taken to need nothing, and set_room() does nothing.
    std::shared_ptr<CompactionRoom> compactions = nullptr;
  };

  /// `db` is open and holds the format record. Errors: StoreError.
  RocksDbStore(std::unique_ptr<rocksdb::DB> db, BlockingPool& pool, Tuning tuning);
  /// Without close(): as after a crash, the log is replayed by the next opening.
  ~RocksDbStore() override;

  Task<bool> get(std::string_view key, std::string& value) override;
  CommitVersion visible_version() const override { return versions_.visible(); }
  CommitWatches& watches() override { return watches_; }
  StoreState state() const override;
  void set_room(std::uint64_t free_bytes, std::uint64_t kept_bytes) override;
  void reclaim() override;
  bool recover() override;
  void close() override;

 private:
  friend class RocksDbTransaction;

  Task<> read_erased(std::function<void(Reader&)> body) override;
  Task<> run_erased(LockKeys locks, std::function<void(Transaction&)> body) override;
  rocksdb::Status get_from_memory(rocksdb::Slice key, std::string& value);
  Task<> commit(RocksDbTransaction& transaction);
  rocksdb::Status write_group(CommitGroup group, rocksdb::WriteOptions options);
  void announce(CommitGroup group);
  void report(CommitGroup group, bool written);
  void tell_watchers(CommitGroup group);

  std::uint64_t memtable_bytes() const;
  void check_space(RocksDbTransaction& transaction) const;
  void check_open() const {
    if (closed_.load(std::memory_order_relaxed)) throw StoreError(StoreError::Kind::refused, "the store is closed");
  }

  static CommitVersion first_version(rocksdb::DB& db);
  CommitVersion assign_version();
  void reserve_versions();

  const Tuning tuning_;
  std::unique_ptr<rocksdb::DB> db_;
  BlockingPool& pool_;
  StoreHealth health_;
  std::atomic<bool> closed_ = false;
  Latches latches_;
  const std::uint64_t log_bytes_;  ///< that a new log takes with its first record, ahead of the others
  const CommitVersion first_version_;
  CommitVersions versions_;
  std::mutex reserve_mutex_;
  std::mutex doubtful_mutex_;
  std::vector<CommitVersion> doubtful_;  ///< of commits whose outcome is unknown until recover()
  std::string recovery_failure_;  ///< told last; recover()'s alone
  RecordCache cache_;
  CommitWatches watches_;
  std::unique_ptr<GroupCommitter> committer_;   // Durability::sync
  std::unique_ptr<RelaxedCommitter> relaxed_;  // Durability::relaxed
  std::unique_ptr<WalSyncer> syncer_;          // Durability::relaxed
};

}  // namespace brume::store
