#include "store/rocksdb/wal_syncer.h"

#include <pthread.h>

#include <utility>

namespace brume::store {

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
}

void WalSyncer::wake() {
  std::lock_guard lock(mutex_);
  changed_.notify_one();
}

void WalSyncer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || due_.load(std::memory_order_acquire); });
    if (changed_.wait_for(lock, period_, [this] { return stopping_; })) return;
    // Cleared before the sync: a write during it asks for the next one.
    due_.exchange(false, std::memory_order_acq_rel);
    lock.unlock();
    const rocksdb::Status status = db_.SyncWAL();
    if (!status.ok()) {
      failed_(status);
      return;
    }
    lock.lock();
  }
}

}  // namespace brume::store
