// How much disk space compactions under way will yet take.
#pragma once

#include <rocksdb/listener.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>

namespace brume::store {

/// Registered with the database before it is opened. A compaction writes up to what it reads before it gives any of that
/// back; commits must not count on this room. Thread-safe.
class CompactionRoom final : public rocksdb::EventListener {
 public:
  /// At most this much, of all that run now.
  std::uint64_t bytes() const {
    std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& [job, left] : left_) sum += left;
    return sum;
  }

  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) override {
    std::uint64_t read = 0;
    for (const auto& path : info.input_files) {
      std::error_code error;
      if (const auto size = std::filesystem::file_size(path, error); !error) read += size;
    }
    std::lock_guard lock(mutex_);
    left_[info.job_id] = read;
  }
  void OnTableFileCreated(const rocksdb::TableFileCreationInfo& info) override {
    std::lock_guard lock(mutex_);
    if (const auto at = left_.find(info.job_id); at != left_.end()) at->second -= std::min(at->second, info.file_size);
  }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) override {
    std::lock_guard lock(mutex_);
    left_.erase(info.job_id);
  }

 private:
  mutable std::mutex mutex_;
  std::map<int, std::uint64_t> left_;  ///< by job
};

}  // namespace brume::store
