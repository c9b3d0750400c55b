// Where the lines go that functions print. The control plane implements this (CloudWatch Logs groups
// and streams); environments call it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace brume::lambda {

struct FunctionSpec;

/// One event of a log stream: what a function printed up to a newline, one framed message of a runtime
/// (may hold newlines), or a platform line (INIT_START, START, END, REPORT). Each ends with a newline, as on AWS,
/// and is more than that: blank lines are no events. Bytes as printed, not necessarily UTF-8; at most 256 KiB.
struct LogLine {
  WallTime time;
  std::string text;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Takes `lines` (never empty, times do not go back within one stream) of one environment's stream
  /// `log_stream` ("2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef") of FunctionSpec::log_group.
  /// Called on any loop's thread; must neither block nor throw; copies what it keeps.
  virtual void append(const FunctionSpec& function, std::string_view log_stream, std::span<const LogLine> lines) = 0;
};

}  // namespace brume::lambda
