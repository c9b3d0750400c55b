#include "server/disk_watch.h"

#include <pthread.h>

#include "base/log.h"

namespace brume::server {
namespace {

/// Between two requests to write out memory: what that makes free shows only when the log's old files are gone.
constexpr std::chrono::seconds kReclaimEvery{5};

}  // namespace

DiskWatch::DiskWatch(store::DiskSpace& space, store::Store& store, std::chrono::milliseconds interval)
    : space_(space), store_(store), interval_(interval), thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), "disk-watch");
}

void DiskWatch::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void DiskWatch::work() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    try {
      look();
    } catch (const std::exception& error) {
      log_error("disk_watch", {{"error", error.what()}});
    }
    lock.lock();
  }
}

void DiskWatch::look() {
  // In this order: what becomes a file in between is counted twice rather than not at all.
  const store::StoreState state = store_.state();
  const store::SpaceLevel level = space_.check();
  // What is in memory will need room too, whatever else is rewritten. To rewrite files never makes that writes are refused;
  // once they are, it may free space, and half of the reserve is what commits may still need.
  const std::uint64_t free = space_.measured().value_or(0);
  const std::uint64_t reserve = space_.reserve();
  const std::uint64_t kept = level >= store::SpaceLevel::critical ? reserve / 2 : reserve + reserve / 8;
  if (free > 0) store_.set_room(free, state.unwritten_bytes + kept);
  const auto now = std::chrono::steady_clock::now();
  const bool fits = free > state.unwritten_bytes + state.unwritten_bytes / 8 + space_.reserve() / 4;
  if (level >= store::SpaceLevel::low && fits && now - reclaimed_ >= kReclaimEvery) {
    reclaimed_ = now;
    store_.reclaim();
  }
  if (level < store::SpaceLevel::critical && !state.failure.empty()) store_.recover();
}

}  // namespace brume::server
