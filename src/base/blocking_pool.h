// Threads for work that blocks: disk reads that miss memory, process spawn, compression, long scans.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/task.h"

namespace brume {

class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads);
  /// Runs what is queued, then joins.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Queues `work`; it must not throw. Thread-safe.
  void post(std::function<void()> work);

  /// Runs `work` on a pool thread and resumes the caller on its own loop with what it returned or
  /// threw. `work` is moved into the pool, so it may own what it touches. Once started it is not
  /// cancelled. A lambda that captures by value is bound to a name first and moved in: GCC 12 destroys such a
  /// temporary twice when it stands inside the co_await expression (GCC bug 98401).
  template <class F>
  Task<std::invoke_result_t<F&>> run(F work) {
    using R = std::invoke_result_t<F&>;
    using Outcome = std::conditional_t<std::is_void_v<R>, std::variant<std::monostate, std::exception_ptr>,
                                       std::variant<std::monostate, std::exception_ptr, R>>;
    Completion<Outcome> done;
    post([done, work = std::make_shared<F>(std::move(work))]() mutable {
      Outcome outcome;
      try {
        if constexpr (std::is_void_v<R>) (*work)();
        else outcome.template emplace<2>((*work)());
      } catch (...) {
        outcome.template emplace<1>(std::current_exception());
      }
      work.reset();  // before the waiter resumes: what `work` owned is gone then
      done.set(std::move(outcome));
    });
    Outcome outcome = co_await done.wait();
    if (outcome.index() == 1) std::rethrow_exception(std::get<1>(outcome));
    if constexpr (!std::is_void_v<R>) co_return std::move(std::get<2>(outcome));
  }

 private:
  void work_loop();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace brume
