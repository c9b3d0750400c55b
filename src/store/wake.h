// Coroutines that wait for another thread or coroutine of the store, and how they are woken.
//
// A Waiter lives in the frame of the coroutine that waits: waiting allocates nothing of its own. Who
// completes waiters gathers them in a WakeList, which posts one handler to each loop however many of its
// coroutines resume: with 64 connections a group commit costs one wake-up, not 64.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <utility>

#include "base/task.h"

namespace brume::store {

/// One suspended coroutine. Resumes on `loop` alone.
struct Waiter {
  using Handler = asio::async_result<asio::use_awaitable_t<LoopExecutor>, void()>::handler_type;

  explicit Waiter(LoopExecutor l) : loop(std::move(l)) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  LoopExecutor loop;
  std::optional<Handler> handler;
  Waiter* next = nullptr;
};

/// Suspends the calling coroutine, then calls `publish(waiter)`, which hands the waiter to whoever will
/// wake it. It may be woken (through WakeList, by any thread) before publish returns. `publish` must not throw.
template <class Publish>
Task<> suspend(Waiter& waiter, Publish publish) {
  return asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>&, void()>(
      [](auto handler, Waiter* self, Publish hand_over) {
        self->handler.emplace(std::move(handler));
        hand_over(*self);
      },
      use_task, &waiter, std::move(publish));
}

/// Owns suspended coroutines of one loop: a chain that is dropped without running destroys them.
class WaiterChain {
 public:
  WaiterChain() = default;
  WaiterChain(WaiterChain&& other) noexcept
      : head_(std::exchange(other.head_, nullptr)), tail_(std::exchange(other.tail_, nullptr)) {}
  WaiterChain& operator=(WaiterChain&&) = delete;
  ~WaiterChain() {
    while (head_) Waiter::Handler dropped = pop();
  }

  /// Takes over `waiter`, which nobody else may touch from here on.
  void push(Waiter& waiter) {
    waiter.next = nullptr;
    (head_ ? tail_->next : head_) = &waiter;
    tail_ = &waiter;
  }
  bool empty() const { return head_ == nullptr; }
  /// Somebody else takes the waiters over.
  void give_up() { head_ = tail_ = nullptr; }
  const LoopExecutor& loop() const { return head_->loop; }

  /// Resumes all, in order, inside this call. On their loop only.
  void operator()() {
    while (head_) pop()();
  }

 private:
  // The frame that holds the waiter may be gone once its handler ran, so it is unlinked first.
  Waiter::Handler pop() {
    Waiter* waiter = std::exchange(head_, head_->next);
    Waiter::Handler handler = std::move(*waiter->handler);
    waiter->handler.reset();
    return handler;
  }

  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

class WakeList {
 public:
  WakeList() = default;
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;
  ~WakeList() { wake(); }

  /// Takes over `waiter`, which nobody else may touch from here on.
  void add(Waiter& waiter) {
    for (WaiterChain& chain : chains_)
      if (&chain.loop().context() == &waiter.loop.context()) return chain.push(waiter);
    chains_.emplace_back().push(waiter);
  }

  /// Resumes all in the order in which they were added, each on its own loop, never inside this call.
  void wake() {
    for (WaiterChain& chain : chains_) {
      const LoopExecutor loop = chain.loop();
      asio::post(loop, std::move(chain));
    }
    chains_.clear();
  }

 private:
  boost::container::small_vector<WaiterChain, 4> chains_;
};

}  // namespace brume::store
