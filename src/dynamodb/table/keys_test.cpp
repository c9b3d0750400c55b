#include "dynamodb/table/keys.h"

#include <gtest/gtest.h>

namespace brume::dynamodb {
namespace {

TEST(Keys, SegmentsCoverTheTableWithoutOverlap) {
  for (std::uint32_t total : {1u, 2u, 3u, 7u, 1000u}) {
    store::Range whole = store::Range::of_prefix(items_prefix(TableId(5)));
    std::string at = whole.begin;
    for (std::uint32_t segment = 0; segment < total; ++segment) {
      store::Range range = segment_range(items_prefix(TableId(5)), segment, total);
      EXPECT_EQ(range.begin, at);
      EXPECT_LT(range.begin, range.end);
      at = range.end;
    }
    EXPECT_EQ(at, whole.end);
  }
}

TEST(Keys, PartitionHashIsTheStoredFormat) {
  // A change of these numbers makes every store that exists unreadable.
  EXPECT_EQ(partition_hash(""), partition_hash(std::string_view()));
  EXPECT_NE(partition_hash("a"), partition_hash("b"));
  EXPECT_NE(partition_hash(std::string(8, 'a')), partition_hash(std::string(16, 'a')));
  EXPECT_EQ(partition_hash("user#1"), 2248835492700941317u);
  EXPECT_EQ(partition_hash("a longer partition key"), 1261384895577169292u);
}

TEST(Keys, ItemKeysAreReadBack) {
  std::string key = items_prefix(TableId(7));
  append_partition(key, "abc");
  auto parts = decode_item_key(key);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->table, TableId(7));
  EXPECT_EQ(parts->hash, partition_hash("abc"));
  EXPECT_EQ(parts->encoded, "abc");
  EXPECT_FALSE(decode_item_key(items_prefix(TableId(7))));
  EXPECT_EQ(decode_removal_key(removal_key(TableId(9))), TableId(9));
}

}  // namespace
}  // namespace brume::dynamodb
