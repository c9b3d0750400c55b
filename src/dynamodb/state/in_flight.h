// Which items belong to transactions that are under way: what TransactionConflict is made of.
//
// This is not what makes transactions correct, the store's latches are. It makes those who meet a transaction fail at
// once, as on AWS, instead of waiting for it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/seeded_hash.h"

namespace brume::dynamodb {

/// A set of names (store keys), each claimed by at most one transaction at a time. Thread-safe; sharded by name.
class InFlight {
 public:
  InFlight() = default;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  /// The names that one transaction holds, until it is destroyed.
  class Claim {
   public:
    explicit Claim(InFlight& in_flight) : in_flight_(in_flight) { in_flight_.claims_.fetch_add(1); }
    ~Claim() {
      release();
      in_flight_.claims_.fetch_sub(1);
    }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    /// False, and nothing is claimed, if another transaction holds `name`, which must stay where it is until the claim
    /// is released.
    bool add(std::string_view name) {
      Shard& shard = in_flight_.shard_of(name);
      {
        std::lock_guard lock(shard.mutex);
        if (!shard.names.insert(name).second) return false;
      }
      held_.push_back(name);
      return true;
    }

    void release() {
      for (std::string_view name : held_) {
        Shard& shard = in_flight_.shard_of(name);
        std::lock_guard lock(shard.mutex);
        shard.names.erase(name);
      }
      held_.clear();
    }

   private:
    InFlight& in_flight_;
    std::vector<std::string_view> held_;
  };

  /// One atomic load while no transaction is under way.
  bool contains(std::string_view name) const {
    if (claims_.load(std::memory_order_relaxed) == 0) return false;
    const Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    return shard.names.contains(name);
  }

 private:
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_set<std::string_view, SeededHash> names;  ///< views into what the claims' owners hold
  };
  static constexpr std::size_t kShards = 64;

  static std::size_t index_of(std::string_view name) { return (seeded_hash(name) >> 32) % kShards; }
  Shard& shard_of(std::string_view name) { return shards_[index_of(name)]; }
  const Shard& shard_of(std::string_view name) const { return shards_[index_of(name)]; }

  std::atomic<std::size_t> claims_ = 0;
  std::array<Shard, kShards> shards_;
};

}  // namespace brume::dynamodb
