// Coroutines: every suspending function of Brume returns Task<T> and runs on one event loop.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace brume {

namespace asio = boost::asio;

/// The executor of one event loop. Concrete rather than any_io_executor: no virtual call per operation.
using LoopExecutor = asio::io_context::executor_type;

/// A lazily started coroutine bound to the loop of the one who awaits it.
template <class T = void>
using Task = asio::awaitable<T, LoopExecutor>;

/// Completion token that suspends the calling Task.
inline constexpr asio::use_awaitable_t<LoopExecutor> use_task{};

/// A timer on a loop. `co_await timer.async_wait(use_task)`.
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

/// The loop the calling coroutine runs on: `co_await this_loop`.
inline constexpr asio::this_coro::executor_t this_loop{};

/// Starts `task` on `loop` and forgets it. An exception that escapes it ends the process: a background
/// coroutine handles its own errors.
template <class T>
void spawn(LoopExecutor loop, Task<T> task) {
  asio::co_spawn(loop, std::move(task), [](std::exception_ptr error, auto&&...) {
    if (error) std::rethrow_exception(error);
  });
}
inline void spawn(LoopExecutor loop, Task<void> task) {
  asio::co_spawn(loop, std::move(task), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
}

/// Logs an exception that ended a coroutine, as `event`; null: nothing.
void log_escaped(std::string_view event, std::exception_ptr error);

/// Starts `task` on `loop` and forgets it. An exception that escapes it is logged as `event` and ends it alone: for
/// coroutines whose end nobody waits for, such as a connection's. `event` is a literal.
inline void spawn_logged(LoopExecutor loop, std::string_view event, Task<void> task) {
  asio::co_spawn(loop, std::move(task), [event](std::exception_ptr error) { log_escaped(event, std::move(error)); });
}

/// Suspends for `duration`.
inline Task<> sleep_for(std::chrono::steady_clock::duration duration) {
  Timer timer(co_await this_loop, duration);
  co_await timer.async_wait(use_task);
}

/// A one-shot rendezvous: one coroutine waits, any thread completes it once. The waiter resumes on its
/// own loop. Copies share the rendezvous, so the completing side may outlive a waiter.
template <class T>
class Completion {
 public:
  Completion() : state_(std::make_shared<State>()) {}

  /// Completes with `value`; further calls are ignored and return false. Thread-safe.
  bool set(T value) const {
    std::function<void()> resume;
    {
      std::lock_guard lock(state_->mutex);
      if (state_->done) return false;
      state_->done = true;
      state_->value.emplace(std::move(value));
      resume = std::move(state_->resume);
    }
    if (resume) resume();
    return true;
  }

  /// Waits for set(). At most one waiter.
  Task<T> wait() const {
    auto state = state_;  // the frame's own reference
    auto loop = co_await this_loop;
    co_await asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>&, void()>(
        [](auto handler, std::shared_ptr<State> s, LoopExecutor ex) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          auto resume = [shared, ex] { asio::post(ex, [shared] { std::move (*shared)(); }); };
          std::unique_lock lock(s->mutex);
          if (s->done) {
            lock.unlock();
            resume();
          } else {
            s->resume = std::move(resume);
          }
        },
        use_task, state, loop);
    std::lock_guard lock(state->mutex);
    co_return std::move(*state->value);
  }

 private:
  struct State {
    std::mutex mutex;
    bool done = false;
    std::optional<T> value;
    std::function<void()> resume;
  };
  std::shared_ptr<State> state_;
};

}  // namespace brume
