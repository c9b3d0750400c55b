// Latches: what makes transactions that share a lock key run one after the other.
//
// A lock key hashes to one of a fixed number of stripes; a stripe is held by one permit at a time. Two
// different keys may share a stripe, which costs waiting but never correctness. A permit takes its
// stripes in ascending order, so permits cannot deadlock. Waiters are served first come, first served.
#pragma once

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/task.h"
#include "store/wake.h"

namespace brume::store {

class Latches {
 public:
  /// `stripes` is rounded up to a power of two. 16 bytes each, untouched until used.
  explicit Latches(std::size_t stripes = 32768);
  /// No permit may be left.
  ~Latches();
  Latches(const Latches&) = delete;
  Latches& operator=(const Latches&) = delete;

  std::size_t stripe_of(std::string_view key) const;

  /// Holds the stripes of a set of keys from acquisition until it is destroyed, however that happens.
  /// Belongs to one coroutine; must not move between acquire() and destruction.
  class Permit {
   public:
    Permit(Latches& latches, std::span<const std::string> keys);
    ~Permit() { release(); }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

    /// Takes stripes without waiting, up to the first that is held; true if it now holds all. A free
    /// stripe costs one compare-and-swap.
    bool try_acquire();
    /// Takes the stripes that try_acquire() left, waiting in line for each. When the waiting coroutine
    /// is cancelled it keeps its place, gets the stripe and gives it up as the permit is destroyed.
    Task<> acquire();
    /// Gives up all stripes; each one's first waiter is posted to its loop.
    void release();

   private:
    Latches& latches_;
    boost::container::small_vector<std::uint32_t, 8> stripes_;  // ascending, no duplicates
    std::size_t held_ = 0;                                       // the first so many are ours
  };

 private:
  // state: kFree, kHeld, or the newest waiter of a list that grew since the holder last looked.
  // `line`: the waiters in order of arrival that the holder has already taken over; the holder's alone.
  struct Stripe {
    std::atomic<std::uintptr_t> state;
    Waiter* line;
  };
  static constexpr std::uintptr_t kFree = 0;
  static constexpr std::uintptr_t kHeld = 1;

  bool try_lock(std::uint32_t stripe);
  void lock_or_wait(std::uint32_t stripe, Waiter& waiter);
  void unlock(std::uint32_t stripe, WakeList& wake);

  struct Free {
    void operator()(Stripe* stripes) const;
  };
  std::unique_ptr<Stripe[], Free> stripes_;
  std::size_t mask_;
};

}  // namespace brume::store
