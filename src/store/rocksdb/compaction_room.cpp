#include "store/rocksdb/compaction_room.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace brume::store {
namespace {

/// A flush that reaches the limit itself is a failed write to RocksDB, though it gives the log's room back: so limit and
/// buffer are raised by more than any disk holds, which leaves compactions where they are and lets every flush pass.
constexpr std::uint64_t kBeyondFlushes = std::uint64_t{1} << 50;

/// Commits are told of in steps of this size: small beside any reserve, and a lock of RocksDB's each.
constexpr std::uint64_t kStep = 4 * 1024 * 1024;

}  // namespace

// RocksDB begins no compaction that could make its table files larger than the limit less the buffer, and takes it up
// again later. Files and free bytes change by the same amount when one of its files grows: the limit holds between calls,
// but for what goes into logs and write buffers, which spent() takes off.
void CompactionRoom::allow(std::uint64_t free_bytes, std::uint64_t kept_bytes) {
  std::lock_guard lock(mutex_);
  untold_ = 0;
  limit_ = kBeyondFlushes + table_files_->GetTotalSize() + free_bytes;
  table_files_->SetCompactionBufferSize(kBeyondFlushes + kept_bytes);
  table_files_->SetMaxAllowedSpaceUsage(limit_);
}

void CompactionRoom::spent(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  untold_ += bytes;
  if (limit_ == 0 || untold_ < kStep) return;
  limit_ -= std::min(limit_ - kBeyondFlushes, untold_);
  untold_ = 0;
  table_files_->SetMaxAllowedSpaceUsage(limit_);
}

std::uint64_t CompactionRoom::promised() const {
  std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [job, left] : left_) sum += left;
  return sum;
}

void CompactionRoom::OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) {
  std::uint64_t read = 0;
  for (const auto& path : info.input_files) {
    std::error_code error;
    if (const auto size = std::filesystem::file_size(path, error); !error) read += size;
  }
  {
    std::lock_guard lock(mutex_);
    left_[info.job_id] = read;
  }
  // Until the disk is measured again, which counts what is promised: so this comes second.
  if (space_) space_->spent(read);
}

void CompactionRoom::OnTableFileCreated(const rocksdb::TableFileCreationInfo& info) {
  std::lock_guard lock(mutex_);
  if (const auto at = left_.find(info.job_id); at != left_.end()) at->second -= std::min(at->second, info.file_size);
}

void CompactionRoom::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) {
  std::lock_guard lock(mutex_);
  left_.erase(info.job_id);
}

}  // namespace brume::store
