#include "base/log.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "base/time_text.h"

namespace brume {
namespace {

std::atomic<LogLevel> threshold{LogLevel::info};

void append_value(std::string& line, std::string_view value) {
  // Control characters would break the line for its readers, or speak to a terminal.
  const auto needs_quotes = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == '"' || c == '=' || c == '\\';
  };
  if (!value.empty() && std::none_of(value.begin(), value.end(), needs_quotes)) {
    line += value;
    return;
  }
  line += '"';
  for (char c : value) {
    switch (c) {
      case '"': line += "\\\""; break;
      case '\\': line += "\\\\"; break;
      case '\n': line += "\\n"; break;
      case '\r': line += "\\r"; break;
      case '\t': line += "\\t"; break;
      default: line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
  }
  line += '"';
}

std::string line_of(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  static constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
  std::string line = iso_millis(std::chrono::system_clock::now()) + "Z";
  line += " level=";
  line += names[static_cast<int>(level)];
  line += " event=";
  append_value(line, event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  line += '\n';
  return line;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;  // no place left to report to
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

constexpr std::chrono::seconds kFlushMax{2};

std::atomic<std::uint64_t> dropped_in_all{0};

}  // namespace

/// Shared with the thread, which outlives the writer when its stream takes nothing.
struct LogWriter::State {
  State(int f, std::size_t m) : fd(f), bytes_max(m) {}

  const int fd;
  const std::size_t bytes_max;
  std::mutex mutex;
  std::condition_variable changed;
  std::string waiting;
  std::uint64_t dropped = 0;  ///< not yet reported
  bool writing = false;
  bool stopping = false;

  void add(std::string_view line) {
    {
      std::lock_guard lock(mutex);
      if (waiting.size() + line.size() > bytes_max) {
        ++dropped;
        dropped_in_all.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      waiting += line;
    }
    changed.notify_all();
  }

  void work() {
    std::string text;
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (waiting.empty()) return;
      text.swap(waiting);
      const std::uint64_t lost = std::exchange(dropped, 0);
      writing = true;
      lock.unlock();
      if (lost > 0) text += line_of(LogLevel::warn, "log_lines_dropped", {{"count", lost}});
      write_all(fd, text);
      text.clear();
      lock.lock();
      writing = false;
      changed.notify_all();
    }
  }

  /// False if the stream did not take all in time.
  bool flush() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kFlushMax, [this] { return waiting.empty() && !writing; });
  }

  // Never destroyed: threads may log while the process exits.
  static std::mutex& current_mutex() {
    static auto* mutex = new std::mutex;
    return *mutex;
  }
  static std::shared_ptr<State>& current() {
    static auto* state = new std::shared_ptr<State>;
    return *state;
  }
  static std::shared_ptr<State> get() {
    std::lock_guard lock(current_mutex());
    return current();
  }

  static inline std::terminate_handler before_terminate = nullptr;
  [[noreturn]] static void flush_and_terminate() {
    if (const auto state = get()) state->flush();
    if (before_terminate) before_terminate();
    std::abort();
  }
};

LogWriter::LogWriter(int fd, std::size_t bytes_max) : state_(std::make_shared<State>(fd, bytes_max)) {
  std::thread thread([state = state_] { state->work(); });
  pthread_setname_np(thread.native_handle(), "log");
  thread.detach();
  {
    std::lock_guard lock(State::current_mutex());
    State::current() = state_;
  }
  State::before_terminate = std::set_terminate(State::flush_and_terminate);
}

LogWriter::~LogWriter() {
  std::set_terminate(State::before_terminate);
  {
    std::lock_guard lock(State::current_mutex());
    State::current() = nullptr;
  }
  state_->flush();
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
}

std::uint64_t log_lines_dropped() { return dropped_in_all.load(std::memory_order_relaxed); }

void set_log_level(LogLevel level) { threshold.store(level, std::memory_order_relaxed); }
bool log_enabled(LogLevel level) { return level >= threshold.load(std::memory_order_relaxed); }

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const std::string line = line_of(level, event, fields);
  if (const auto writer = LogWriter::State::get()) writer->add(line);
  else write_all(STDERR_FILENO, line);
}

}  // namespace brume
