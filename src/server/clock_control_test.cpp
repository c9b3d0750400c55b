#include "server/clock_control.h"

#include <gtest/gtest.h>

#include "store/testing/temporary_store.h"

namespace brume::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using store::testing::run_task;

TEST(ClockControl, EveryNodeFollowsAMoveAndOneThatStartsLaterTakesItUp) {
  store::testing::TemporaryStore store;
  AdvancedClock here, there;
  ClockControl mover(*store, here), follower(*store, there);
  int looks = 0;
  follower.on_move([&looks] { ++looks; });
  run_task(mover.open());
  run_task(follower.open());
  EXPECT_TRUE(run_task(mover.advance(hours(2))));
  EXPECT_EQ(here.ahead(), hours(2));
  EXPECT_EQ(there.ahead(), hours(2));
  EXPECT_TRUE(run_task(follower.advance(minutes(30))));
  EXPECT_EQ(here.ahead(), minutes(150));
  EXPECT_EQ(there.ahead(), minutes(150));
  EXPECT_EQ(looks, 2);
  EXPECT_FALSE(run_task(mover.advance(kAheadMax)));
  EXPECT_EQ(here.ahead(), minutes(150));

  AdvancedClock later;
  ClockControl third(*store, later);
  run_task(third.open());
  EXPECT_EQ(later.ahead(), minutes(150));
}

TEST(Durations, AreANumberAndAUnit) {
  EXPECT_EQ(parse_duration("1.5h"), minutes(90));
  EXPECT_EQ(parse_duration("7d"), hours(168));
  for (const char* text : {"", "2", "h", "-1h", "0s", "2y", "1e3s", "nan", "infd", "2h3m", "36501d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace brume::server
