// Tells of errors in RocksDB's own work (a flush that found the disk full) that stop writes.
#pragma once

#include <rocksdb/listener.h>

#include <functional>
#include <mutex>
#include <utility>

namespace brume::store {

/// Registered with the database before it is opened. Thread-safe.
class BackgroundErrors final : public rocksdb::EventListener {
 public:
  /// Called from now on, on RocksDB's threads, with each error after which it refuses writes; null: nobody is.
  void tell(std::function<void(const rocksdb::Status&)> failed) {
    std::lock_guard lock(mutex_);
    failed_ = std::move(failed);
  }

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->severity() < rocksdb::Status::Severity::kHardError) return;
    std::lock_guard lock(mutex_);
    if (failed_) failed_(*error);
  }

  // RocksDB recovers from a full disk by itself, and must: without a recovery under way a flush that was about to start
  // when the error came is never run again, and whoever asks for it later waits for ever. But a compaction that found no
  // room is only tried again; its recovery would hold up compactions until all that they could ever want is free.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status error, bool* recover) override {
    if (error.severity() < rocksdb::Status::Severity::kHardError) *recover = false;
  }

 private:
  std::mutex mutex_;
  std::function<void(const rocksdb::Status&)> failed_;
};

}  // namespace brume::store
