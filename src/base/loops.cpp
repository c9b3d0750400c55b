#include "base/loops.h"

#include <time.h>

#include <algorithm>
#include <string>

namespace brume {
namespace {

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

/// A context whose handlers can be dropped before it is destroyed: timers and sockets that others own need it to the end.
class Loops::Loop : public asio::io_context {
 public:
  Loop() : asio::io_context(1) {}
  void drop() { shutdown(); }
};

Loops::Loops(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    hearts_.push_back(std::make_unique<Heart>());
    loops_.push_back(std::make_unique<Loop>());
    guards_.emplace_back(loops_.back()->get_executor());
  }
}

Loops::~Loops() {
  stop();
  join();
}

LoopExecutor Loops::executor(std::size_t index) { return loops_[index]->get_executor(); }

void Loops::start() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    spawn(executor(i), beat(*hearts_[i]));
    threads_.emplace_back([&loop = *loops_[i]] { loop.run(); });
    pthread_setname_np(threads_.back().native_handle(), ("loop-" + std::to_string(threads_.size() - 1)).c_str());
  }
}

void Loops::stop() {
  guards_.clear();
  for (auto& loop : loops_) loop->stop();
}

void Loops::drop() {
  // Twice: the end of a coroutine may have posted the next one, to any loop.
  for (int round = 0; round < 2; ++round)
    for (auto& loop : loops_) loop->drop();
}

void Loops::join() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
  threads_.clear();
}

// A loop that has nothing to do is woken eight times a second rather than five hundred: one that used a hundredth of its
// processor since the last beat or less rests twice as long as before.
Task<> Loops::beat(Heart& heart) {
  using Clock = std::chrono::steady_clock;
  constexpr int kBusyPart = 100;
  Timer timer(co_await this_loop);
  std::chrono::nanoseconds pause = kBeat;
  std::chrono::nanoseconds used = processor_time();
  while (true) {
    const Clock::time_point due = Clock::now() + pause;
    timer.expires_at(due);
    co_await timer.async_wait(use_task);
    const std::chrono::nanoseconds late = Clock::now() - due;
    heart.lateness.add(late);
    if (late.count() > heart.longest_nanos.load(std::memory_order_relaxed))
      heart.longest_nanos.store(late.count(), std::memory_order_relaxed);
    const std::chrono::nanoseconds used_now = processor_time();
    const bool busy = (used_now - used) * kBusyPart > pause + late || late > kBeat;
    pause = busy ? std::chrono::nanoseconds(kBeat) : std::min<std::chrono::nanoseconds>(2 * pause, kRestingBeat);
    used = used_now;
  }
}

Loops::Stalls Loops::stalls(std::size_t index) const {
  Stalls stalls;
  hearts_[index]->lateness.add_to(stalls.histogram);
  stalls.longest = std::chrono::nanoseconds(hearts_[index]->longest_nanos.load(std::memory_order_relaxed));
  return stalls;
}

}  // namespace brume
