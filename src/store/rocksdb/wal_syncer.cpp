#include "store/rocksdb/wal_syncer.h"

#include <fcntl.h>
#include <pthread.h>
#include <rocksdb/file_system.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace brume::store {
namespace {

constexpr std::chrono::milliseconds kStep{20};

/// "000012.log" → 12.
std::optional<std::uint64_t> log_number(std::string_view name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || std::string_view(end, name.data() + name.size() - end) != ".log") return std::nullopt;
  return number;
}

}  // namespace

WalSyncer::WalSyncer(rocksdb::DB& db, std::chrono::milliseconds period,
                     std::function<void(const rocksdb::Status&)> failed)
    : db_(db), period_(period), failed_(std::move(failed)), thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), "store-sync");
}

WalSyncer::~WalSyncer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  if (newest_fd_ >= 0) ::close(newest_fd_);
}

void WalSyncer::wake() {
  std::lock_guard lock(mutex_);
  changed_.notify_one();
}

void WalSyncer::resume() {
  {
    std::lock_guard lock(mutex_);
    halted_ = false;
  }
  changed_.notify_one();
}

void WalSyncer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || (!halted_ && due_.load(std::memory_order_acquire)); });
    if (!wait_for_period(lock)) return;
    // Cleared before the sync: a write during it asks for the next one.
    due_.exchange(false, std::memory_order_acq_rel);
    lock.unlock();
    const rocksdb::Status status = sync_logs();
    if (!status.ok()) {
      lock.lock();
      halted_ = true;  // before anybody knows of the failure, and so before resume()
      lock.unlock();
      failed_(status);
      lock.lock();
      continue;
    }
    lock.lock();
  }
}

/// False if the syncer stops.
bool WalSyncer::wait_for_period(std::unique_lock<std::mutex>& lock) {
  const auto end = std::chrono::steady_clock::now() + period_;
  while (true) {
    const auto step = std::min(std::chrono::steady_clock::now() + kStep, end);
    if (changed_.wait_until(lock, step, [this] { return stopping_; })) return false;
    if (step == end) return true;
    lock.unlock();
    start_writing();
    lock.lock();
  }
}

// Makes nothing durable and so may fail, and does where the engine's files are not the system's.
void WalSyncer::start_writing() {
  if (newest_open_ != first_unsynced_) {
    if (newest_fd_ >= 0) ::close(newest_fd_);
    char name[32];
    std::snprintf(name, sizeof name, "/%06llu.log", static_cast<unsigned long long>(first_unsynced_));
    newest_fd_ = ::open((db_.GetName() + name).c_str(), O_WRONLY | O_CLOEXEC);
    newest_open_ = first_unsynced_;
  }
  if (newest_fd_ >= 0) ::sync_file_range(newest_fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

// A log that is not the newest gets no more bytes: once it has been synced it is left alone. One that is gone has been
// flushed to a table file, which RocksDB syncs.
rocksdb::Status WalSyncer::sync_logs() {
  const rocksdb::IOOptions options;
  rocksdb::FileSystem& files = *db_.GetFileSystem();
  std::vector<std::string> names;
  rocksdb::IOStatus status = files.GetChildren(db_.GetName(), options, &names, nullptr);
  if (!status.ok()) return status;
  std::uint64_t newest = 0;
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> number = log_number(name);
    if (!number || *number < first_unsynced_) continue;
    newest = std::max(newest, *number);
    std::unique_ptr<rocksdb::FSRandomRWFile> log;  // the way of opening that never creates the file anew
    status = files.NewRandomRWFile(db_.GetName() + "/" + name, rocksdb::FileOptions(), &log, nullptr);
    if (status.IsNotFound() || status.IsPathNotFound()) continue;
    if (status.ok()) status = log->Sync(options, nullptr);
    if (status.ok()) status = log->Close(options, nullptr);
    if (!status.ok()) return status;
  }
  if (newest > first_unsynced_) {  // a new file: its name has to be durable too
    std::unique_ptr<rocksdb::FSDirectory> folder;
    status = files.NewDirectory(db_.GetName(), options, &folder, nullptr);
    if (status.ok()) status = folder->Fsync(options, nullptr);
    if (!status.ok()) return status;
    first_unsynced_ = newest;
  }
  return rocksdb::Status::OK();
}

}  // namespace brume::store
