// Asynchronous invokes (InvocationType Event): accepted when durable, run in order of their due time, tried
// again twice after a function error (after one and two minutes), and for up to six hours while throttled.
// At least once: an invoke that was running when the server died runs again, without counting as a failure: at once, and
// if that happens in a row, later each time (a second … five minutes), for it may be what ends the server; after six such
// ends and six hours it is set aside. While this server goes on, an invoke whose
// outcome the store would not take is not run again: the outcome is offered until it is taken, and nothing else starts
// meanwhile. A record that cannot be read is set aside (keys.h) and logged.
// Functions take turns, and none may hold more places than are left free, so that slow ones do not stop the others.
// Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/task.h"
#include "lambda/async_invoke.h"
#include "lambda/environment/invocation.h"
#include "store/store.h"

namespace brume::lambda {

struct AsyncQueueOptions {
  std::size_t running_max = 100;  ///< invokes at once, so that a long queue cannot take every environment
  std::chrono::milliseconds retry_delay{60'000};  ///< after the first function error; twice that after the second
  std::chrono::milliseconds look_interval{1000};  ///< how late a due invoke may start
  std::chrono::milliseconds backoff_min{1000}, backoff_max{60'000};  ///< between offers to a store that fails
};

/// Now, and since the start.
struct AsyncQueueCounts {
  std::uint64_t queued = 0;  ///< accepted and not done with: waiting, running, to be tried again
  std::uint64_t running = 0;
  std::chrono::milliseconds overdue{0};  ///< how long the first that could run has been waiting for its turn
  std::uint64_t unrecorded = 0;  ///< outcomes that the store has not taken yet
  std::uint64_t attempts = 0;  ///< since the start, as all that follow
  std::uint64_t expired = 0, exhausted = 0, gone = 0;  ///< dropped: by age, after three errors, without a function
  std::uint64_t set_aside = 0;
};

class AsyncQueue {
 public:
  /// Runs one invoke; nullopt means that the function is gone.
  using Run = std::function<Task<std::optional<InvokeResult>>(const AsyncInvoke&)>;

  /// Works on `loop`. Everything referred to must outlive close().
  AsyncQueue(store::Store& store, LoopExecutor loop, const Clock& clock, Run run, AsyncQueueOptions options = {});
  ~AsyncQueue();

  /// Finds what an earlier run left (a walk over it) and starts to work. What the store refuses is tried again.
  Task<> open();
  /// Returns once `invoke` is durable.
  Task<> accept(AsyncInvoke invoke);
  AsyncQueueCounts counts() const;  ///< thread-safe
  /// Takes no more from the queue. An invoke that ends without success from here on was cut short: it stays queued.
  void begin_close();
  /// begin_close(), and returns when nothing is running. What is left stays in the store, also what ran and whose outcome
  /// the store refuses: that is logged, and runs again at the next start.
  Task<> close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace brume::lambda
