#include "base/loops.h"

#include <string>

namespace brume {

Loops::Loops(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<asio::io_context>(1));
    guards_.emplace_back(loops_.back()->get_executor());
  }
}

Loops::~Loops() {
  stop();
  join();
}

void Loops::start() {
  for (auto& loop : loops_) {
    threads_.emplace_back([&loop] { loop->run(); });
    pthread_setname_np(threads_.back().native_handle(), ("loop-" + std::to_string(threads_.size() - 1)).c_str());
  }
}

void Loops::stop() {
  guards_.clear();
  for (auto& loop : loops_) loop->stop();
}

void Loops::join() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
  threads_.clear();
}

}  // namespace brume
