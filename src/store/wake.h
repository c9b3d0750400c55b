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

class WakeList {
 public:
  WakeList() = default;
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;
  ~WakeList() { wake(); }

  /// Takes over `waiter`, which nobody else may touch from here on.
  void add(Waiter& waiter) {
    waiter.next = nullptr;
    for (Chain& chain : chains_) {
      if (&chain.head->loop.context() != &waiter.loop.context()) continue;
      chain.tail->next = &waiter;
      chain.tail = &waiter;
      return;
    }
    chains_.push_back({&waiter, &waiter});
  }

  /// Resumes all in the order in which they were added, each on its own loop, never inside this call.
  void wake() {
    for (Chain& chain : chains_) asio::post(LoopExecutor(chain.head->loop), Resume(chain.head));
    chains_.clear();
  }

 private:
  struct Chain {
    Waiter* head;
    Waiter* tail;
  };

  // The posted handler owns the coroutines: a loop that is destroyed without running it destroys them.
  class Resume {
   public:
    explicit Resume(Waiter* head) : head_(head) {}
    Resume(Resume&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
    Resume(const Resume&) = delete;
    Resume& operator=(const Resume&) = delete;
    ~Resume() {
      while (head_) Waiter::Handler dropped = pop();
    }
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

    Waiter* head_;
  };

  boost::container::small_vector<Chain, 4> chains_;
};

}  // namespace brume::store
