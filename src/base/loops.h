// The event loops: one thread each, connections and coroutines stay on theirs.
#pragma once

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/histogram.h"
#include "base/task.h"

namespace brume {

class Loops {
 public:
  explicit Loops(std::size_t count);
  /// stop() and join().
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  std::size_t size() const { return loops_.size(); }
  LoopExecutor executor(std::size_t index);

  /// Starts one thread a loop. An exception that escapes a handler ends the process.
  void start();
  /// Makes every loop return from running; coroutines that are suspended are not resumed.
  void stop();
  void join();
  /// After join(): destroys every coroutine and handler that is left on the loops, on this thread, while what they refer
  /// to still lives. What is posted to a loop from here on never runs.
  void drop();

  /// How late the loop was each time that its heart was to beat: every kBeat while it works, less often while it rests.
  /// A stretch of length L in which the loop ran one handler, or its thread had no processor, shows as up to L and at
  /// least L - kBeat. Thread-safe.
  struct Stalls {
    Histogram::Totals histogram;
    std::chrono::nanoseconds longest{0};  ///< since start
  };
  Stalls stalls(std::size_t index) const;

  static constexpr std::chrono::milliseconds kBeat{2};
  static constexpr std::chrono::milliseconds kRestingBeat{128};

 private:
  class Loop;
  struct Heart {
    Histogram lateness;
    std::atomic<std::int64_t> longest_nanos{0};
  };
  static Task<> beat(Heart& heart);

  std::vector<std::unique_ptr<Heart>> hearts_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<asio::executor_work_guard<LoopExecutor>> guards_;
  std::vector<std::thread> threads_;
};

}  // namespace brume
