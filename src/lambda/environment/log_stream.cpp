#include "lambda/environment/log_stream.h"

#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <cerrno>

#include "base/bytes.h"

namespace brume::lambda {

namespace {

constexpr std::size_t kLineBytesMax = 256 * 1024 - 1;  // of one event in CloudWatch Logs, its newline apart
constexpr std::size_t kTailBytesMax = 4 * 1024;
// A function that prints without end must not keep the loop here.
constexpr int kReadsMax = 16;

// Frames as the open-source runtime clients write them (aws-lambda-python-runtime-interface-client,
// bootstrap.py, FramedTelemetryLogSink): type 0xa55a…, length, time in µs, message; big-endian.
constexpr std::size_t kFrameHeader = 16;
constexpr std::uint16_t kFrameMagic = 0xa55a;

}  // namespace

LogStream::LogStream(std::shared_ptr<const FunctionSpec> function, std::string name, const Clock& clock, LogSink& sink)
    : function_(std::move(function)), name_(std::move(name)), clock_(clock), sink_(sink) {}

LogStream::~LogStream() = default;

void LogStream::read_from(LoopExecutor loop, int output, int telemetry) {
  pipes_[0] = std::make_unique<Descriptor>(loop, output);
  pipes_[1] = std::make_unique<Descriptor>(loop, telemetry);
  spawn(loop, read_loop(shared_from_this(), Source::output));
  spawn(loop, read_loop(shared_from_this(), Source::telemetry));
}

Task<> LogStream::read_loop([[maybe_unused]] std::shared_ptr<LogStream> self, Source source) {
  while (true) {
    auto& pipe = pipes_[static_cast<int>(source)];
    boost::system::error_code error;
    if (!pipe) co_return;
    co_await pipe->async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(use_task, error));
    if (error || !pipes_[static_cast<int>(source)]) co_return;
    const bool open = read_available(source);
    hand_on();
    if (!open) co_return;
  }
}

bool LogStream::read_available(Source source) {
  auto& pipe = pipes_[static_cast<int>(source)];
  if (!pipe) return false;
  char block[64 * 1024];
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const auto got = ::read(pipe->native_handle(), block, sizeof block);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (source == Source::output) {
      take_output({block, static_cast<std::size_t>(got)});
    } else {
      frames_.append(block, static_cast<std::size_t>(got));
      take_frames();
    }
    if (static_cast<std::size_t>(got) < sizeof block) return true;
  }
  return true;
}

void LogStream::take_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto newline = bytes.find('\n');
    partial_.append(bytes.substr(0, newline));
    if (partial_.size() >= kLineBytesMax) {
      for (; partial_.size() >= kLineBytesMax; partial_.erase(0, kLineBytesMax))
        add(clock_.now(), partial_.substr(0, kLineBytesMax));
    }
    if (newline == std::string_view::npos) return;
    bytes.remove_prefix(newline + 1);
    add(clock_.now(), std::exchange(partial_, {}));
  }
}

void LogStream::take_frames() {
  std::size_t at = 0;
  while (frames_.size() - at >= kFrameHeader) {
    const char* header = frames_.data() + at;
    const auto length = read_big_endian<std::uint32_t>(header + 4);
    if (read_big_endian<std::uint16_t>(header) != kFrameMagic || length > kLineBytesMax * 8) {
      // Not a frame: the function wrote to the channel itself. What it wrote is text then.
      take_output(std::string_view(frames_).substr(at));
      at = frames_.size();
      break;
    }
    if (frames_.size() - at < kFrameHeader + length) break;
    const WallTime time{std::chrono::microseconds(read_big_endian<std::int64_t>(header + 8))};
    std::string text = frames_.substr(at + kFrameHeader, length);
    at += kFrameHeader + length;
    if (text.ends_with('\n')) text.pop_back();
    // Clocks inside are the host's; a nonsensical time of a broken frame is not believed.
    const WallTime now = clock_.now();
    const bool plausible = time <= now && time > now - std::chrono::minutes(15);
    for (; text.size() > kLineBytesMax; text.erase(0, kLineBytesMax))
      add(plausible ? time : now, text.substr(0, kLineBytesMax));
    add(plausible ? time : now, std::move(text));
  }
  frames_.erase(0, at);
}

void LogStream::drain(bool flush) {
  read_available(Source::output);
  read_available(Source::telemetry);
  if (flush && !partial_.empty()) add(clock_.now(), std::exchange(partial_, {}));
  hand_on();
}

void LogStream::platform_line(std::string text) {
  add(clock_.now(), std::move(text));
  hand_on();
}

void LogStream::close() {
  drain(true);
  for (auto& pipe : pipes_) {
    boost::system::error_code ignored;
    if (pipe) pipe->close(ignored);
    pipe.reset();
  }
}

void LogStream::add(WallTime time, std::string text) {
  if (text.empty()) return;
  last_ = std::max(last_, time);
  text.push_back('\n');
  tail_.append(text);
  if (tail_.size() > 4 * kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
  lines_.push_back({last_, std::move(text)});
}

std::string LogStream::take_tail() {
  if (tail_.size() > kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
  return std::exchange(tail_, {});
}

void LogStream::hand_on() {
  if (lines_.empty()) return;
  sink_.append(*function_, name_, lines_);
  lines_.clear();
}

}  // namespace brume::lambda
