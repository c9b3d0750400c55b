// Tells of errors in RocksDB's own work (a flush that found the disk full) that stop writes, and leaves their cure to us.
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

  // RocksDB would try to recover from a full disk every five seconds, but only once a whole write buffer is free (after a
  // compaction that failed: all that compactions want), and refuses Resume() as long as it means to.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* by_itself) override {
    *by_itself = false;
  }

 private:
  std::mutex mutex_;
  std::function<void(const rocksdb::Status&)> failed_;
};

}  // namespace brume::store
