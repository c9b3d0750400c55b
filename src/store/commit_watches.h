// Who is told of what commits wrote: what caches of records stand on (cluster/changes.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace brume::store {

class CommitWatcher {
 public:
  virtual ~CommitWatcher() = default;
  /// A commit that every reader sees by now wrote `value` under `key`; nullptr: erased it. Nobody has been told of the
  /// commit's success yet, so whoever was finds the watcher told. Of transactions that share a lock key the watcher is told
  /// in the order of their commits; of others possibly on several threads, but never at once. Runs on whatever thread wrote:
  /// it is short, waits for nothing, runs no transaction, and adds and removes no watcher.
  virtual void committed(std::string_view key, const std::string_view* value) noexcept = 0;
};

/// The engine's watchers by key range. Thread-safe. A commit that writes no watched key pays one look at one bit for each
/// key: ranges are told apart by the first two bytes of a key first (its space and kind), so what is written often must not
/// share these with what is watched.
class CommitWatches {
 public:
  /// `watcher` is told of commits whose writing begins after this returned; possibly of others that are under way.
  void add(Range range, CommitWatcher& watcher);
  /// Returns when no call of `watcher` is under way; none comes later.
  void remove(CommitWatcher& watcher);

  /// May be true of a key that nobody watches.
  bool may_watch(std::string_view key) const {
    const std::size_t pair = pair_of(key);
    return (pairs_[pair / 64].load(std::memory_order_acquire) >> (pair % 64) & 1) != 0;
  }
  /// For the engine, once the commit is visible. `value` as CommitWatcher::committed's.
  void tell(std::string_view key, const std::string_view* value);

 private:
  struct Watch {
    Range range;
    CommitWatcher* watcher;
  };

  static std::size_t pair_of(std::string_view key) {
    const auto byte = [key](std::size_t at) -> std::size_t {
      return key.size() > at ? static_cast<unsigned char>(key[at]) : 0;
    };
    return byte(0) << 8 | byte(1);
  }

  /// Bits of the pairs that a range reaches; one that is set stays so.
  std::array<std::atomic<std::uint64_t>, 65536 / 64> pairs_{};
  std::mutex mutex_;  // held while watchers are told
  std::vector<Watch> watches_;
};

}  // namespace brume::store
