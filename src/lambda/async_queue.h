// Asynchronous invokes (InvocationType Event): accepted when durable, run in order of their due time, tried
// again twice after a function error (after one and two minutes), and for up to six hours while throttled.
// At least once: an invoke that was running when the server died runs again. While this server goes on, an invoke whose
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
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "lambda/environment/invocation.h"
#include "lambda/function_name.h"
#include "store/store.h"

namespace brume::lambda {

struct AsyncInvoke {
  FunctionId function;
  std::string request_id;
  std::string payload;
  std::string invoked_arn;
  std::string client_context;
  std::uint32_t failures = 0;  ///< function errors so far
  std::uint32_t throttles = 0;  ///< times in a row that no environment was free
  std::uint64_t accepted_millis = 0;

  std::string serialize() const;
  /// Errors: store::StoreError if malformed.
  static AsyncInvoke parse(std::string_view text);
};

struct AsyncQueueOptions {
  std::size_t running_max = 100;  ///< invokes at once, so that a long queue cannot take every environment
  std::chrono::milliseconds look_interval{1000};  ///< how late a due invoke may start
  std::chrono::milliseconds backoff_min{1000}, backoff_max{60'000};  ///< between offers to a store that fails
};

/// Since the start.
struct AsyncQueueCounts {
  std::uint64_t running = 0;
  std::uint64_t unrecorded = 0;  ///< outcomes that the store has not taken yet
  std::uint64_t malformed = 0;  ///< records set aside
};

class AsyncQueue {
 public:
  /// Runs one invoke; nullopt means that the function is gone.
  using Run = std::function<Task<std::optional<InvokeResult>>(const AsyncInvoke&)>;

  /// Works on `loop`. Everything referred to must outlive close().
  AsyncQueue(store::Store& store, LoopExecutor loop, const Clock& clock, Run run, AsyncQueueOptions options = {});
  ~AsyncQueue();

  /// Starts to work on what an earlier run left, too.
  void start();
  /// Returns once `invoke` is durable.
  Task<> accept(AsyncInvoke invoke);
  AsyncQueueCounts counts() const;  ///< on the queue's loop
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
