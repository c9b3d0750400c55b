// The words AWS prints and answers with around an invoke: platform log lines and error objects.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace brume::lambda {

/// {"errorType":…,"errorMessage":…}
std::string error_object(std::string_view type, std::string_view message);

/// Duration up to the next whole millisecond, at least 1.
std::chrono::milliseconds billed(std::chrono::microseconds duration);

struct Report {
  std::string_view request_id;
  std::chrono::microseconds duration{};
  std::chrono::milliseconds billed_duration{};
  std::uint32_t memory_mb = 0;
  std::uint64_t max_memory_bytes = 0;
  std::chrono::microseconds init_duration{};  ///< zero: left out
  std::string_view status = {};               ///< "timeout", "error"; empty: left out
  std::string_view error_type = {};           ///< with status "error"
};
/// "REPORT RequestId: …\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t"
std::string report_line(const Report& report);

/// "INIT_REPORT Init Duration: 1.23 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"; `phase` is "invoke" of a
/// runtime that is started again.
std::string init_report_line(std::chrono::microseconds duration, std::string_view phase, std::string_view status,
                             std::string_view error_type);

/// "Task timed out after 3.00 seconds"
std::string timed_out_text(std::chrono::milliseconds timeout);

/// The default X-Ray header of an invoke that brought none: "Root=1-…;Parent=…;Sampled=0".
std::string make_trace_id(WallTime now, std::uint64_t random_a, std::uint64_t random_b);

}  // namespace brume::lambda
