// Tells when the next write may switch RocksDB's write buffer, which creates a log file under its locks.
#pragma once

#include <rocksdb/listener.h>

#include <atomic>
#include <cstddef>

namespace brume::store {

/// Counts the bytes written since the last switch and learns how many of them fill a buffer. Registered with the
/// database as a listener. Thread-safe.
class WriteBufferWatch final : public rocksdb::EventListener {
 public:
  explicit WriteBufferWatch(std::size_t write_buffer_bytes) : nearly_full_(write_buffer_bytes / 4 * 3) {}

  /// A batch of `bytes` was written.
  void wrote(std::size_t bytes) { written_.fetch_add(bytes, std::memory_order_relaxed); }
  bool nearly_full() const {
    return written_.load(std::memory_order_relaxed) >= nearly_full_.load(std::memory_order_relaxed);
  }

  const char* Name() const override { return "WriteBufferWatch"; }
  void OnMemTableSealed(const rocksdb::MemTableInfo& sealed) override;
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override;

 private:
  std::atomic<std::size_t> written_ = 0;
  std::atomic<std::size_t> nearly_full_;
};

}  // namespace brume::store
