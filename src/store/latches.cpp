#include "store/latches.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <new>

#include "base/seeded_hash.h"

namespace brume::store {

Latches::Latches(std::size_t stripes) : mask_(std::bit_ceil(stripes) - 1) {
  // calloc: zero is kFree, and pages that no key hashes to stay unmapped.
  void* memory = std::calloc(mask_ + 1, sizeof(Stripe));
  if (memory == nullptr) throw std::bad_alloc();
  stripes_.reset(static_cast<Stripe*>(memory));
}

Latches::~Latches() = default;

void Latches::Free::operator()(Stripe* stripes) const { std::free(stripes); }

std::size_t Latches::stripe_of(std::string_view key) const { return seeded_hash(key) & mask_; }

bool Latches::try_lock(std::uint32_t stripe) {
  std::uintptr_t expected = kFree;
  return stripes_[stripe].state.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                                        std::memory_order_relaxed);
}

void Latches::lock_or_wait(std::uint32_t stripe, Waiter& waiter) {
  std::atomic<std::uintptr_t>& state = stripes_[stripe].state;
  std::uintptr_t seen = state.load(std::memory_order_relaxed);
  while (true) {
    if (seen == kFree) {
      if (!state.compare_exchange_weak(seen, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) continue;
      WakeList wake;  // ours at once
      wake.add(waiter);
      return;
    }
    waiter.next = seen == kHeld ? nullptr : reinterpret_cast<Waiter*>(seen);
    if (state.compare_exchange_weak(seen, reinterpret_cast<std::uintptr_t>(&waiter), std::memory_order_release,
                                    std::memory_order_relaxed))
      return;
  }
}

void Latches::unlock(std::uint32_t stripe, WakeList& wake) {
  Stripe& s = stripes_[stripe];
  if (s.line == nullptr) {
    std::uintptr_t expected = kHeld;
    if (s.state.compare_exchange_strong(expected, kFree, std::memory_order_release, std::memory_order_relaxed)) return;
    // Newcomers are linked newest first; turn them round.
    auto* newest = reinterpret_cast<Waiter*>(s.state.exchange(kHeld, std::memory_order_acquire));
    while (newest != nullptr) {
      Waiter* older = newest->next;
      newest->next = s.line;
      s.line = newest;
      newest = older;
    }
  }
  // The stripe passes to the first in line without becoming free, so nobody overtakes.
  Waiter* first = s.line;
  s.line = first->next;
  wake.add(*first);
}

Latches::Permit::Permit(Latches& latches, std::span<const std::string> keys) : latches_(latches) {
#ifdef BRUME_TEST_UNLATCHED
  return;  // the bug that tests/history must find
#endif
  stripes_.reserve(keys.size());
  for (const std::string& key : keys) stripes_.push_back(static_cast<std::uint32_t>(latches.stripe_of(key)));
  if (stripes_.size() < 2) return;
  std::sort(stripes_.begin(), stripes_.end());
  stripes_.erase(std::unique(stripes_.begin(), stripes_.end()), stripes_.end());
}

bool Latches::Permit::try_acquire() {
  while (held_ < stripes_.size() && latches_.try_lock(stripes_[held_])) ++held_;
  return held_ == stripes_.size();
}

Task<> Latches::Permit::acquire() {
  LoopExecutor loop = co_await this_loop;
  while (!try_acquire()) {
    Waiter waiter(loop);
    Latches& latches = latches_;
    const std::uint32_t stripe = stripes_[held_];
    auto wait = [&latches, stripe](Waiter& self) { latches.lock_or_wait(stripe, self); };
    co_await suspend(waiter, wait);
    ++held_;
  }
}

void Latches::Permit::release() {
  WakeList wake;
  while (held_ > 0) latches_.unlock(stripes_[--held_], wake);
}

}  // namespace brume::store
