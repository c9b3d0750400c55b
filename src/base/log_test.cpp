#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>

namespace brume {
namespace {

using Clock = std::chrono::steady_clock;

/// A pipe of one page that nobody reads until the test does.
struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    ::close(ends[0]);
    close_writing();
  }
  void close_writing() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_some() {
    char text[65536];
    const ssize_t bytes = ::read(ends[0], text, sizeof text);
    return {text, bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
  }
  int ends[2];
};

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(LogWriter, ControlCharactersDoNotReachTheLine) {
  Pipe pipe;
  {
    LogWriter writer(pipe.ends[1], 64 * 1024);
    using namespace std::string_literals;
    log_info("odd",
             {{"nul", "a\0b"s}, {"escape", "\x1b[2J"}, {"delete", "\x7f"}, {"plain", "a/b-c"}, {"lines", "a\nb"}});
  }
  const std::string text = pipe.read_some();
  EXPECT_NE(text.find(R"(nul="a?b" escape="?[2J" delete="?" plain=a/b-c lines="a\nb")"), text.npos) << text;
}

TEST(LogWriter, AStreamThatTakesNothingHoldsNobodyUpAndLossesAreCounted) {
  Pipe pipe;
  constexpr int kLines = 10'000;
  const std::uint64_t dropped_before = log_lines_dropped();
  std::mutex mutex;  // of text, while the reader runs
  std::string text;
  const auto seen = [&](std::string_view word) {
    const std::lock_guard lock(mutex);
    return text.find(word) != text.npos;
  };
  {
    LogWriter writer(pipe.ends[1], 64 * 1024);
    const auto begin = Clock::now();
    for (int i = 0; i < kLines; ++i) log_info("stalled", {{"number", i}, {"filler", std::string(100, 'x')}});
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));  // blocked for ever without the writer
    EXPECT_GT(log_lines_dropped(), dropped_before);
    std::thread reader([&] {
      while (!seen("event=last")) {
        const std::string some = pipe.read_some();
        const std::lock_guard lock(mutex);
        text += some;
      }
    });
    while (!seen("log_lines_dropped") && Clock::now() - begin < std::chrono::seconds(20)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      log_info("more");
      if (Clock::now() - begin > std::chrono::seconds(2)) break;
    }
    log_info("last");
    reader.join();
  }
  const std::uint64_t dropped = log_lines_dropped() - dropped_before;
  EXPECT_EQ(count(text, "event=stalled") + dropped, static_cast<std::size_t>(kLines));
  const std::size_t at = text.find("event=log_lines_dropped count=");
  ASSERT_NE(at, text.npos);
  EXPECT_GT(std::stoul(text.substr(at + 30)), 0u);
}

TEST(LogWriter, WhatWaitsIsWrittenBeforeItGoes) {
  Pipe pipe;
  {
    LogWriter writer(pipe.ends[1]);
    for (int i = 0; i < 20; ++i) log_info("kept", {{"number", i}});
  }
  EXPECT_EQ(count(pipe.read_some(), "event=kept"), 20u);
}

TEST(LogWriter, AStreamThatTakesNothingDoesNotHoldUpTheExit) {
  Pipe pipe;
  const auto begin = Clock::now();
  {
    LogWriter writer(pipe.ends[1]);
    for (int i = 0; i < 100; ++i) log_info("stuck", {{"filler", std::string(100, 'x')}});
  }
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
  std::string text;  // lets the writer's thread go
  while (count(text, "event=stuck") < 100) text += pipe.read_some();
}

TEST(LogWriterDeathTest, WhatWaitsIsWrittenBeforeAnEscapedExceptionEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        LogWriter writer;
        log_error("last words");
        std::terminate();
      },
      "last words");
}

}  // namespace
}  // namespace brume
