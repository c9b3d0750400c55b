// Where each run of a function is reported, however it was asked for: the metrics of namespace AWS/Lambda derive from it.
// server/ connects it to observe/.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "lambda/function_name.h"

namespace brume::lambda {

/// One invoke that came to its end. Valid during the call only.
struct InvokeRecord {
  enum class Outcome : std::uint8_t {
    succeeded,
    function_error,  ///< the function threw, timed out, or died: AWS counts it as an invoke and as an error
    throttled,  ///< not run for want of concurrency: no invoke to AWS
    not_run,  ///< this host could not: no invoke either
  };
  const FunctionId& function;
  std::string_view qualifier;  ///< as it was invoked; "" for the function itself
  Outcome outcome = Outcome::succeeded;
  std::chrono::microseconds duration{};
  std::uint32_t concurrent = 0;  ///< invokes of the function under way when it began, with itself
  std::uint32_t concurrent_all = 0;  ///< of all functions
};

class InvokeRecorder {
 public:
  virtual ~InvokeRecorder() = default;
  /// On the loop of who invoked; must not block or throw.
  virtual void count(const InvokeRecord& record) = 0;
};

}  // namespace brume::lambda
