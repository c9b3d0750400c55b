// How much disk space compactions may take, and will yet take.
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/sst_file_manager.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "store/disk_space.h"

namespace brume::store {

/// Registered with the database before it is opened. A compaction writes up to what it reads before it gives any of that
/// back; commits must not count on this room, nor it on what they took since anybody measured. Thread-safe.
class CompactionRoom final : public rocksdb::EventListener {
 public:
  /// `table_files` is the database's. `space` may be null, and else outlives the database.
  CompactionRoom(std::shared_ptr<rocksdb::SstFileManager> table_files, DiskSpace* space)
      : table_files_(std::move(table_files)), space_(space) {}

  /// Of `free_bytes` that the disk has now, compactions leave `kept_bytes` alone.
  void allow(std::uint64_t free_bytes, std::uint64_t kept_bytes);
  /// Commits took so much of it: compactions that begin from now on have that much less. Costs an addition, seldom more.
  void spent(std::uint64_t bytes);
  /// What those that run now will yet take, at most.
  std::uint64_t promised() const;

  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) override;
  void OnTableFileCreated(const rocksdb::TableFileCreationInfo& info) override;
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) override;

 private:
  const std::shared_ptr<rocksdb::SstFileManager> table_files_;
  DiskSpace* const space_;
  mutable std::mutex mutex_;
  std::uint64_t limit_ = 0;  ///< that of table_files_; 0: none yet
  std::uint64_t untold_ = 0;  ///< spent and not yet taken off the limit
  std::map<int, std::uint64_t> left_;  ///< by job
};

}  // namespace brume::store
