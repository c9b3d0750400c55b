#include "dynamodb/table/write_gate.h"

#include <gtest/gtest.h>

#include <memory>

namespace brume::dynamodb {
namespace {

using Pass = WriteGate::Pass;

TEST(WriteGate, ATurnWaitsForThoseWhoEnteredBefore) {
  WriteGate gate;
  auto former = std::make_unique<Pass>(gate);
  ASSERT_TRUE(gate.try_turn());
  auto later = std::make_unique<Pass>(gate);
  EXPECT_FALSE(gate.turned());
  EXPECT_FALSE(gate.try_turn());  // one turn at a time
  former.reset();
  EXPECT_TRUE(gate.turned());     // the later one is not waited for
  ASSERT_TRUE(gate.try_turn());
  EXPECT_FALSE(gate.turned());    // by the next turn it is
  later.reset();
  EXPECT_TRUE(gate.turned());
  EXPECT_TRUE(gate.empty());
}

TEST(WriteGate, NobodyEntersAClosedOne) {
  WriteGate gate;
  Pass before(gate);
  EXPECT_TRUE(before);
  gate.close();
  EXPECT_FALSE(Pass(gate));
  EXPECT_FALSE(gate.empty());  // who was in is waited for
}

}  // namespace
}  // namespace brume::dynamodb
