#include "lambda/sandbox/subordinate_ids.h"

#include <gtest/gtest.h>

namespace brume::lambda {
namespace {

TEST(SubordinateIds, LongestRangeOfTheUser) {
  const char* file = "anna:100000:65536\nbrume:165536:1000\n1001:300000:65536\nbrume:400000:2000\n";
  const auto brume = subordinate_range(file, "brume", 1001);
  EXPECT_EQ(brume.first, 300000u) << "by number too";
  EXPECT_EQ(brume.count, 65536u);
  EXPECT_EQ(subordinate_range(file, "brume", 5).first, 400000u);
  EXPECT_EQ(subordinate_range(file, "anna", 1000).count, 65536u);
  EXPECT_EQ(subordinate_range(file, "bert", 1002).count, 0u);
  EXPECT_EQ(subordinate_range(file, "", 1002).count, 0u) << "a user without a name";
  EXPECT_EQ(subordinate_range("", "anna", 1000).count, 0u);
}

TEST(SubordinateIds, MalformedLinesCountForNothing) {
  for (const char* line : {"a", "a:", "a:1", "a:1:", "a::1", "a:x:5", "a:5:x", "a:5:6:7", "a:0:100", "a:4294967295:2",
                           "a:-1:5", "a: 1:5", ":1:5", "a:99999999999:5"})
    EXPECT_EQ(subordinate_range(line, "a", 7).count, 0u) << line;
  EXPECT_EQ(subordinate_range("a\na:10:20", "a", 7).count, 20u) << "the last line without its end";
}

}  // namespace
}  // namespace brume::lambda
