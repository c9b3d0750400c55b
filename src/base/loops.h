// The event loops: one thread each, connections and coroutines stay on theirs.
#pragma once

#include <memory>
#include <thread>
#include <vector>

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
  LoopExecutor executor(std::size_t index) { return loops_[index]->get_executor(); }

  /// Starts one thread a loop. An exception that escapes a handler ends the process.
  void start();
  /// Makes every loop return from running; coroutines that are suspended are not resumed.
  void stop();
  void join();

 private:
  std::vector<std::unique_ptr<asio::io_context>> loops_;
  std::vector<asio::executor_work_guard<LoopExecutor>> guards_;
  std::vector<std::thread> threads_;
};

}  // namespace brume
