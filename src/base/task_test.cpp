#include "base/task.h"

#include <gtest/gtest.h>

#include <future>

#include "base/blocking_pool.h"
#include "base/loops.h"

namespace brume {
namespace {

template <class T>
Task<> deliver(Task<T> task, std::promise<T>& promise) {
  std::exception_ptr error;
  try {
    promise.set_value(co_await std::move(task));
  } catch (...) {
    error = std::current_exception();
  }
  if (error) promise.set_exception(error);
}

template <class T>
T run_on(Loops& loops, Task<T> task) {
  std::promise<T> promise;
  auto future = promise.get_future();
  spawn(loops.executor(0), deliver(std::move(task), promise));
  return future.get();
}

Task<bool> resumes_on_own_loop(BlockingPool& pool) {
  const auto loop_thread = std::this_thread::get_id();
  const auto pool_thread = co_await pool.run([] { return std::this_thread::get_id(); });
  co_return pool_thread != loop_thread&& std::this_thread::get_id() == loop_thread;
}

Task<int> failing(BlockingPool& pool) {
  co_await pool.run([] { throw std::runtime_error("from the pool"); });
  co_return 1;
}

Task<int> waits(Completion<int> completion) { co_return co_await completion.wait(); }

TEST(BlockingPool, CallerResumesOnItsLoop) {
  BlockingPool pool(2);
  Loops loops(1);
  loops.start();
  EXPECT_TRUE(run_on(loops, resumes_on_own_loop(pool)));
}

TEST(BlockingPool, ExceptionReachesTheCaller) {
  BlockingPool pool(1);
  Loops loops(1);
  loops.start();
  EXPECT_THROW(run_on(loops, failing(pool)), std::runtime_error);
}

TEST(BlockingPool, RefusesMoreThanItsBoundButNotCleaningUp) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> begun;
  int cleaned = 0;
  {
    BlockingPool pool(1, 2, "narrow");
    pool.post([&begun, released] {
      begun.set_value();
      released.wait();
    });
    begun.get_future().wait();
    pool.post([] {});
    pool.post([] {});
    EXPECT_EQ(pool.waiting(), 2u);
    Loops loops(1);
    loops.start();
    EXPECT_THROW(run_on(loops, failing(pool)), PoolFull);
    pool.post([&] { ++cleaned; });
    EXPECT_EQ(pool.waiting(), 3u);
    release.set_value();
  }
  EXPECT_EQ(cleaned, 1);
}

Task<int> holds_the_loop(std::chrono::milliseconds time) {
  co_await sleep_for(std::chrono::milliseconds(20));
  std::this_thread::sleep_for(time);
  co_return 0;
}

TEST(Loops, AHandlerThatHoldsALoopShows) {
  Loops loops(2);
  loops.start();
  run_on(loops, holds_the_loop(std::chrono::milliseconds(300)));
  run_on(loops, holds_the_loop(std::chrono::milliseconds(0)));  // the heart has beaten since
  const Loops::Stalls stalls = loops.stalls(0);
  EXPECT_GE(stalls.longest, std::chrono::milliseconds(300) - Loops::kRestingBeat);
  std::uint64_t beats = 0, late = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    beats += stalls.histogram.buckets[i];
    if (i > 0 && Histogram::bound(i - 1) >= 100'000) late += stalls.histogram.buckets[i];
  }
  EXPECT_GE(late, 1u);
  EXPECT_GT(beats, late);
}

TEST(BlockingPool, StopRunsWhatIsQueuedAndNothingAfterIt) {
  BlockingPool pool(1);
  std::atomic<int> ran = 0;
  for (int i = 0; i < 20; ++i) pool.post([&] { ++ran; });
  pool.stop();
  EXPECT_EQ(ran, 20);
  const auto held = std::make_shared<int>();
  pool.post([&ran, held] { ++ran; });
  EXPECT_EQ(held.use_count(), 1) << "what it holds may refer to things that go before the pool";
  pool.stop();
  EXPECT_EQ(ran, 20);
}

TEST(BlockingPool, WorkThatThrowsEndsNeitherThreadNorProcess) {
  BlockingPool pool(1);
  pool.post([] { throw std::runtime_error("escaped"); });
  std::promise<void> next;
  pool.post([&] { next.set_value(); });
  EXPECT_EQ(next.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

/// Says when its coroutine's frame goes.
struct Witness {
  explicit Witness(bool& g) : gone(g) {}
  ~Witness() { gone = true; }
  bool& gone;
};

TEST(Loops, DropEndsSuspendedCoroutinesWhileTimersOfOthersStayUsable) {
  Loops loops(2);
  Timer timer(loops.executor(1), std::chrono::hours(1));
  bool gone = false;
  {
    loops.start();
    std::promise<void> waiting;
    auto sleeper = [](bool& flag, std::promise<void>& w) -> Task<> {
      const Witness witness(flag);
      w.set_value();
      co_await sleep_for(std::chrono::hours(1));
    };
    spawn(loops.executor(0), sleeper(gone, waiting));
    waiting.get_future().wait();
    loops.stop();
    loops.join();
  }
  EXPECT_FALSE(gone);
  loops.drop();
  EXPECT_TRUE(gone);
  timer.cancel();
}

TEST(SpawnLogged, AnEscapedExceptionEndsTheCoroutineAlone) {
  Loops loops(1);
  loops.start();
  auto fails = []() -> Task<> {
    co_await sleep_for(std::chrono::milliseconds(1));
    throw std::runtime_error("escaped");
  };
  spawn_logged(loops.executor(0), "test_escaped", fails());
  BlockingPool pool(1);
  EXPECT_TRUE(run_on(loops, resumes_on_own_loop(pool)));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(run_on(loops, resumes_on_own_loop(pool)));
}

TEST(Completion, SetBeforeAndAfterWaiting) {
  Loops loops(1);
  loops.start();
  Completion<int> early;
  EXPECT_TRUE(early.set(7));
  EXPECT_FALSE(early.set(8));
  EXPECT_EQ(run_on(loops, waits(early)), 7);

  Completion<int> late;
  std::thread setter([late] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    late.set(9);
  });
  EXPECT_EQ(run_on(loops, waits(late)), 9);
  setter.join();
}

}  // namespace
}  // namespace brume
