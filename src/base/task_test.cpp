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
