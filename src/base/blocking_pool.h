// Threads for work that blocks or takes long. One pool a kind of work, so that work of one kind never waits behind
// another's: reads that miss memory, computing (compression, hashes), and slow work (processes, packages).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/task.h"

namespace brume {

/// So much work waits for a pool that no more is taken.
class PoolFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class BlockingPool {
 public:
  static constexpr std::size_t kQueueMax = 16'384;

  /// At most `queue_max` pieces of work wait for a thread. `name` is that of the threads and of the pool in errors; at
  /// most 12 letters.
  explicit BlockingPool(std::size_t threads, std::size_t queue_max = kQueueMax, std::string name = "pool");
  /// stop().
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs what is queued, then joins. What is posted later never runs and goes at once, with what it holds: who waits for
  /// it waits for ever. Not for a thread of the pool. May be called again.
  void stop();

  /// Queues `work`; what it throws is logged. Thread-safe. Never refused: for cleaning up, of which there is no more than
  /// there was made.
  void post(std::function<void()> work);

  /// Runs `work` on a pool thread and resumes the caller on its own loop with what it returned or
  /// threw. `work` is moved into the pool, so it may own what it touches. Once started it is not
  /// cancelled. A lambda that captures by value is bound to a name first and moved in: GCC 12 destroys such a
  /// temporary twice when it stands inside the co_await expression (GCC bug 98401).
  /// Errors: PoolFull.
  template <class F>
  Task<std::invoke_result_t<F&>> run(F work) {
    return run_as(std::move(work), Refusable::yes);
  }
  /// The same, never refused: as post().
  template <class F>
  Task<std::invoke_result_t<F&>> run_always(F work) {
    return run_as(std::move(work), Refusable::no);
  }

  /// Pieces of work that wait for a thread now. Thread-safe.
  std::size_t waiting() const;

 private:
  enum class Refusable : bool { no, yes };

  template <class F>
  Task<std::invoke_result_t<F&>> run_as(F work, Refusable refusable) {
    using R = std::invoke_result_t<F&>;
    using Outcome = std::conditional_t<std::is_void_v<R>, std::variant<std::monostate, std::exception_ptr>,
                                       std::variant<std::monostate, std::exception_ptr, R>>;
    Completion<Outcome> done;
    enqueue(
        [done, work = std::make_shared<F>(std::move(work))]() mutable {
          Outcome outcome;
          try {
            if constexpr (std::is_void_v<R>) (*work)();
            else outcome.template emplace<2>((*work)());
          } catch (...) {
            outcome.template emplace<1>(std::current_exception());
          }
          work.reset();  // before the waiter resumes: what `work` owned is gone then
          done.set(std::move(outcome));
        },
        refusable);
    Outcome outcome = co_await done.wait();
    if (outcome.index() == 1) std::rethrow_exception(std::get<1>(outcome));
    if constexpr (!std::is_void_v<R>) co_return std::move(std::get<2>(outcome));
  }

  void enqueue(std::function<void()> work, Refusable refusable);
  void work_loop();

  const std::size_t queue_max_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

/// From this many bytes on, work that goes over all of them (hash, checksum, compression) is done on a pool.
inline constexpr std::size_t kLongBytes = 256 * 1024;

}  // namespace brume
