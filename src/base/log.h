// Structured logs: one logfmt line for each event on standard error.
//   log_info("request", {{"id", id}, {"operation", "PutItem"}, {"status", 200}});
#pragma once

#include <unistd.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace brume {

enum class LogLevel { debug, info, warn, error };

struct LogField {
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  std::string_view key;
  std::string value;
};

/// Events below `level` are dropped before their line is built. Default: info.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);
/// Hands the line to the LogWriter if one lives; else writes it with one write(2), so that lines of several threads do
/// not mix.
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

/// While one lives, a thread of its own writes the log, so that a log stream that is full (a terminal that was stopped, a
/// pipe that nobody reads) holds nobody up. At most `bytes_max` of lines wait; what comes on top is dropped, counted,
/// and reported by a line `log_lines_dropped` as soon as there is room. At most one at a time.
class LogWriter {
 public:
  static constexpr std::size_t kBytesMax = 4 * 1024 * 1024;

  explicit LogWriter(int fd = STDERR_FILENO, std::size_t bytes_max = kBytesMax);
  /// Writes what waits, for two seconds at most: a stream that takes nothing does not hold up the exit.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

 private:
  struct State;
  friend void log_event(LogLevel, std::string_view, std::initializer_list<LogField>);
  std::shared_ptr<State> state_;
};

/// Lines that no LogWriter of this process had room for.
std::uint64_t log_lines_dropped();

inline void log_debug(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::debug, e, f); }
inline void log_info(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::info, e, f); }
inline void log_warn(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::warn, e, f); }
inline void log_error(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::error, e, f); }

}  // namespace brume
