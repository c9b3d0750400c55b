// The log of one environment: reads what its processes print, cuts it into lines, and hands them on with
// the platform's lines in between.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "lambda/environment/function_spec.h"
#include "lambda/log_sink.h"

namespace brume::lambda {

/// Used on one loop.
class LogStream : public std::enable_shared_from_this<LogStream> {
 public:
  LogStream(std::shared_ptr<const FunctionSpec> function, std::string name, const Clock& clock, LogSink& sink);
  ~LogStream();

  const std::string& name() const { return name_; }

  /// Reads both pipes until their end, from now on; takes the descriptors.
  void read_from(LoopExecutor loop, int output, int telemetry);
  /// Reads what the pipes hold already. With `flush`, an unfinished line counts as one.
  void drain(bool flush);
  /// A line of the platform's own: START, END, REPORT, …
  void platform_line(std::string text);
  /// Forgets the tail: an invoke starts.
  void begin_tail() { tail_.clear(); }
  /// At most 4 KiB of what was logged since, the last of it.
  std::string take_tail();
  /// Closes the pipes after a last drain.
  void close();

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<LoopExecutor>;
  enum class Source : std::uint8_t { output, telemetry };

  Task<> read_loop(std::shared_ptr<LogStream> self, Source source);
  bool read_available(Source source);  ///< false at the pipe's end
  void take_output(std::string_view bytes);
  void take_frames();
  void add(WallTime time, std::string text);  ///< one event, given its "\n"; none where there is no text
  void hand_on();

  std::shared_ptr<const FunctionSpec> function_;
  std::string name_;
  const Clock& clock_;
  LogSink& sink_;
  std::unique_ptr<Descriptor> pipes_[2];
  std::string partial_;  ///< printed, no newline yet
  std::string frames_;   ///< framed messages, incomplete
  std::vector<LogLine> lines_;  ///< not handed on yet
  WallTime last_{};
  std::string tail_;
};

}  // namespace brume::lambda
