#include "store/latches.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <string>
#include <vector>

#include "base/loops.h"
#include "store/store.h"

namespace brume::store {
namespace {

using Keys = std::vector<std::string>;

TEST(Latches, FreeKeysAreTakenAtOnce) {
  Latches latches;
  const Keys a{"a", "b"}, c{"c"};
  Latches::Permit first(latches, a), second(latches, c);
  EXPECT_TRUE(first.try_acquire());
  EXPECT_TRUE(second.try_acquire());
}

TEST(Latches, HeldKeyIsRefusedUntilReleased) {
  Latches latches;
  const Keys keys{"a"};
  Latches::Permit second(latches, keys);
  {
    Latches::Permit first(latches, keys);
    EXPECT_TRUE(first.try_acquire());
    EXPECT_FALSE(second.try_acquire());
  }
  EXPECT_TRUE(second.try_acquire());
}

TEST(Latches, RepeatedKeyAndNoKeyDoNotBlock) {
  Latches latches(1);  // one stripe: every key is the same
  const Keys keys{"a", "a", "b"};
  Latches::Permit permit(latches, keys);
  EXPECT_TRUE(permit.try_acquire());
  Latches::Permit none(latches, {});
  EXPECT_TRUE(none.try_acquire());
}

Task<> pass_through(Latches& latches, std::string key, int self, std::vector<int>& order) {
  const Keys keys = lock_on(key);
  Latches::Permit permit(latches, keys);
  if (!permit.try_acquire()) co_await permit.acquire();
  order.push_back(self);
}

TEST(Latches, WaitersAreServedInOrderOfArrival) {
  asio::io_context loop(1);
  Latches latches;
  const Keys keys{"a"};
  std::vector<int> order;
  {
    Latches::Permit holder(latches, keys);
    ASSERT_TRUE(holder.try_acquire());
    for (int i = 0; i < 5; ++i) spawn(loop.get_executor(), pass_through(latches, "a", i, order));
    spawn(loop.get_executor(), pass_through(latches, "another", 9, order));
    loop.poll();
    EXPECT_EQ(order, (std::vector<int>{9}));
  }
  loop.restart();
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{9, 0, 1, 2, 3, 4}));
}

Task<> wait_and_note(Latches& latches, bool& entered) {
  const Keys keys = lock_on("a");
  Latches::Permit permit(latches, keys);
  if (!permit.try_acquire()) co_await permit.acquire();
  co_await asio::post(use_task);  // where the cancellation shows
  entered = true;
}

TEST(Latches, CancelledWaiterGivesItsPlaceUp) {
  asio::io_context loop(1);
  Latches latches;
  const Keys keys{"a"};
  bool cancelled_entered = false, other_entered = false, threw = false;
  asio::cancellation_signal cancel;
  {
    Latches::Permit holder(latches, keys);
    ASSERT_TRUE(holder.try_acquire());
    asio::co_spawn(loop.get_executor(), wait_and_note(latches, cancelled_entered),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e) { threw = e != nullptr; }));
    spawn(loop.get_executor(), wait_and_note(latches, other_entered));
    loop.poll();
    cancel.emit(asio::cancellation_type::terminal);
  }
  loop.restart();
  loop.run();
  EXPECT_TRUE(threw);
  EXPECT_FALSE(cancelled_entered);
  EXPECT_TRUE(other_entered);
}

// Not atomic: the latch alone keeps the increments apart.
Task<> increment(Latches& latches, int seed, std::vector<int>& counters, int times) {
  for (int i = 0; i < times; ++i) {
    const std::size_t a = static_cast<std::size_t>(seed * 7 + i) % counters.size();
    const std::size_t b = static_cast<std::size_t>(seed + i * 3) % counters.size();
    const Keys keys = lock_on(std::to_string(a), std::to_string(b));
    Latches::Permit permit(latches, keys);
    if (!permit.try_acquire()) co_await permit.acquire();
    const int seen = counters[a];
    if (i % 4 == 0) co_await asio::post(use_task);
    counters[a] = seen + 1;
  }
}

TEST(Latches, SerialiseCoroutinesOfSeveralLoops) {
  Latches latches(8);
  std::vector<int> counters(5);
  std::atomic<int> left = 24;
  {
    Loops loops(3);
    loops.start();
    for (int i = 0; i < 24; ++i)
      asio::co_spawn(loops.executor(static_cast<std::size_t>(i) % 3), increment(latches, i, counters, 500),
                     [&](std::exception_ptr error) {
                       EXPECT_EQ(error, nullptr);
                       --left;
                       left.notify_all();
                     });
    for (int now = left; now != 0; now = left) left.wait(now);
  }
  int sum = 0;
  for (int counter : counters) sum += counter;
  EXPECT_EQ(sum, 24 * 500);
}

}  // namespace
}  // namespace brume::store
