// Structured logs: one logfmt line for each event on standard error.
//   log_info("request", {{"id", id}, {"operation", "PutItem"}, {"status", 200}});
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <concepts>

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
/// Writes one line with one write(2), so that lines of several threads do not mix.
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

inline void log_debug(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::debug, e, f); }
inline void log_info(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::info, e, f); }
inline void log_warn(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::warn, e, f); }
inline void log_error(std::string_view e, std::initializer_list<LogField> f = {}) { log_event(LogLevel::error, e, f); }

}  // namespace brume
