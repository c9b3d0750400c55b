#include "net/message/body_budget.h"

#include <gtest/gtest.h>

#include "net/message/byte_buffer.h"

namespace brume::net {
namespace {

constexpr std::size_t kKiB = 1024;

TEST(BodyBudget, CountsWhatIsLongAndGivesItBack) {
  BodyBudget budget;
  budget.set_max(1000 * kKiB);
  {
    BodyBudget::Share small(budget), large(budget);
    EXPECT_TRUE(small.grow(kUncountedBytes));
    EXPECT_EQ(budget.used(), 0u);
    EXPECT_TRUE(large.grow(600 * kKiB));
    EXPECT_TRUE(large.grow(100 * kKiB));  // it has more than that
    EXPECT_EQ(budget.used(), 600 * kKiB);
    large.shrink(200 * kKiB);
    EXPECT_EQ(budget.used(), 200 * kKiB);
    large.shrink(kUncountedBytes);
    EXPECT_EQ(budget.used(), 0u);
    EXPECT_TRUE(large.grow(1000 * kKiB));
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(BodyBudget, RefusesWhatDoesNotFitAndLeavesTheShareAsItWas) {
  BodyBudget budget;
  budget.set_max(1000 * kKiB);
  BodyBudget::Share first(budget), second(budget);
  EXPECT_TRUE(first.grow(700 * kKiB));
  EXPECT_TRUE(second.grow(300 * kKiB));
  EXPECT_FALSE(second.grow(300 * kKiB + 1));
  EXPECT_EQ(second.held(), 300 * kKiB);
  EXPECT_FALSE(first.grow(static_cast<std::size_t>(-1)));
  EXPECT_EQ(budget.overdrawn(), 0u);
  second.grow_always(400 * kKiB);
  EXPECT_EQ(budget.overdrawn(), 100 * kKiB);
}

TEST(ByteBuffer, GrowsByDoublingButNotBeyondWhatIsEverNeeded) {
  ByteBuffer buffer;
  const auto grow_to = [&](std::size_t size, std::size_t most) {
    const std::size_t expected = buffer.capacity_after(size - buffer.size(), most);
    buffer.prepare(size - buffer.size(), most);
    EXPECT_EQ(buffer.capacity(), expected);
    buffer.commit(size - buffer.size());
  };
  grow_to(3000, 1'000'000);
  EXPECT_EQ(buffer.capacity(), 4096u);
  grow_to(5000, 1'000'000);
  EXPECT_EQ(buffer.capacity(), 8192u);
  grow_to(600'000, 1'000'000);
  EXPECT_EQ(buffer.capacity(), 600'000u);
  grow_to(700'000, 1'000'000);
  EXPECT_EQ(buffer.capacity(), 1'000'000u);
  grow_to(1'000'001, 1'000'000);  // what must be held is held
  EXPECT_EQ(buffer.capacity(), 1'000'001u);
}

}  // namespace
}  // namespace brume::net
