#include "store/low_water_mark.h"

#include <gtest/gtest.h>

namespace brume::store {
namespace {

using std::chrono::milliseconds;

TEST(LowWaterMark, LooksBeginAtTheMarkAndFromTheHeadOnlyWhereThatIsCheap) {
  SteadyTime now{};
  LowWaterMark mark;
  EXPECT_EQ(mark.begin("a", now), "a");
  mark.looked(now);
  mark.passed("m");
  EXPECT_EQ(mark.begin("a", now), "a") << "a look from the head that took no time may be taken again";
  now += milliseconds(100);  // it walks over what was deleted
  mark.looked(now);
  mark.passed("n");
  EXPECT_EQ(mark.begin("a", now), "n");
  now += milliseconds(50);
  mark.looked(now);  // says nothing about the head
  mark.passed("p");
  now += LowWaterMark::kPart * milliseconds(100) - milliseconds(51);
  EXPECT_EQ(mark.begin("a", now), "p");
  mark.looked(now);
  now += milliseconds(1);
  EXPECT_EQ(mark.begin("a", now), "a");
}

TEST(LowWaterMark, AHeadThatMovesOnIsNotUndercut) {
  SteadyTime now{};
  LowWaterMark mark;
  mark.begin("a", now);
  now += milliseconds(100);
  mark.looked(now);
  mark.passed("c");
  EXPECT_EQ(mark.begin("d", now), "d");
}

}  // namespace
}  // namespace brume::store
