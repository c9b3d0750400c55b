// Hands out commit versions and knows up to which one all are visible.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "store/store.h"

namespace brume::store {

/// Thread-safe. Versions below `limit` are reserved: the owner raises it once it has recorded that the
/// next start lies at the new limit or above (RocksDbStore::reserve_versions).
class CommitVersions {
 public:
  /// The first version is `first`, above 0.
  CommitVersions(CommitVersion first, CommitVersion limit) : next_(first), limit_(limit), visible_(first - 1) {}

  /// The next version, in flight until finish(); 0 if it would reach the limit.
  CommitVersion try_assign() {
    std::lock_guard lock(mutex_);
    if (next_ >= limit_) return 0;
    in_flight_.push_back(true);
    return next_++;
  }

  /// The transaction of `version` is visible to readers or will never be.
  void finish(CommitVersion version) {
    std::lock_guard lock(mutex_);
    in_flight_[version - (next_ - in_flight_.size())] = false;
    while (!in_flight_.empty() && !in_flight_.front()) in_flight_.pop_front();
    visible_.store(next_ - in_flight_.size() - 1, std::memory_order_release);
  }

  /// Every version up to this one is finished.
  CommitVersion visible() const { return visible_.load(std::memory_order_acquire); }

  CommitVersion next() const {
    std::lock_guard lock(mutex_);
    return next_;
  }
  CommitVersion limit() const {
    std::lock_guard lock(mutex_);
    return limit_;
  }
  void raise_limit(CommitVersion limit) {
    std::lock_guard lock(mutex_);
    limit_ = limit;
  }

 private:
  mutable std::mutex mutex_;
  CommitVersion next_;
  CommitVersion limit_;
  std::deque<bool> in_flight_;  // versions [next_ - size, next_); the first is in flight
  std::atomic<CommitVersion> visible_;
};

}  // namespace brume::store
