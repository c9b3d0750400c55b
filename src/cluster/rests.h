// Pauses of background work that end when the work is told to stop.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>

#include "base/task.h"

namespace brume::cluster {

/// For coroutines of one loop.
class Rests {
 public:
  /// Before the first rest.
  void open(LoopExecutor loop) { loop_ = std::move(loop); }
  bool stopping() const { return state_->stopping.load(std::memory_order_acquire); }

  /// Rests for `duration`, shorter if the work is told to stop. On the loop.
  Task<> rest(std::chrono::milliseconds duration) {
    const std::shared_ptr<State> state = state_;
    if (state->stopping) co_return;
    Timer timer(co_await this_loop, duration);
    const auto place = state->timers.insert(state->timers.end(), &timer);
    co_await timer.async_wait(asio::as_tuple(use_task));  // cancelled or over: both end the rest
    state->timers.erase(place);
  }

  /// Ends all rests, and those to come. Thread-safe.
  void stop() {
    state_->stopping = true;
    end();
  }
  /// Ends the rests under way. Thread-safe.
  void end() {
    if (!loop_) return;
    asio::post(*loop_, [state = state_] {
      for (Timer* timer : state->timers) timer->cancel();
    });
  }

 private:
  struct State {
    std::atomic<bool> stopping = false;
    std::list<Timer*> timers;  // the loop's alone
  };
  std::optional<LoopExecutor> loop_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace brume::cluster
