// Asynchronous invokes (InvocationType Event): accepted when durable, run in order of their due time, tried
// again twice after a function error (after one and two minutes), and for up to six hours while throttled.
// At least once: an invoke that was running when the server died runs again.
// Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
  std::uint32_t failures = 0;        ///< function errors so far
  std::uint32_t throttles = 0;       ///< times in a row that no environment was free
  std::uint64_t accepted_millis = 0;

  std::string serialize() const;
  /// Errors: store::StoreError if malformed.
  static AsyncInvoke parse(std::string_view text);
};

class AsyncQueue {
 public:
  /// Runs one invoke; nullopt means that the function is gone.
  using Run = std::function<Task<std::optional<InvokeResult>>(const AsyncInvoke&)>;

  /// Works on `loop`. Everything referred to must outlive close().
  AsyncQueue(store::Store& store, LoopExecutor loop, const Clock& clock, Run run);
  ~AsyncQueue();

  /// Starts to work on what an earlier run left, too.
  void start();
  /// Returns once `invoke` is durable.
  Task<> accept(AsyncInvoke invoke);
  /// Takes no more from the queue and returns when nothing is running. What is left stays in the store.
  Task<> close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace brume::lambda
