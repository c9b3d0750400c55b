#include "dynamodb/table/keys.h"

#include <gtest/gtest.h>

#include "dynamodb/table/tables.h"

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

TablePtr table_of(std::string name, std::uint32_t id, std::uint64_t revision) {
  Table table;
  table.account = "1";
  table.region = "r";
  table.name = std::move(name);
  table.id = TableId(id);
  table.revision = revision;
  return finish_table(std::move(table), std::make_shared<TableLive>());
}

TEST(Tables, KeepTheNewestRevisionInWhateverOrderTheyArePublished) {
  Tables tables;
  tables.publish(table_of("t", 1, 1));
  tables.publish(table_of("t", 1, 3));
  tables.publish(table_of("t", 1, 2));
  EXPECT_EQ(tables.find("1", "r", "t")->revision, 3u);
  EXPECT_EQ(tables.find("1", "other", "t"), nullptr);
  tables.publish(table_of("t", 2, 1));
  tables.remove(*table_of("t", 1, 9));
  EXPECT_EQ(tables.find("1", "r", "t")->id, TableId(2));
  tables.remove(*table_of("t", 2, 9));
  EXPECT_EQ(tables.find("1", "r", "t"), nullptr);
  tables.publish(table_of("t", 2, 2));  // late: the table is gone
  EXPECT_EQ(tables.find("1", "r", "t"), nullptr);
}

TEST(Tables, RecordsAreReadBack) {
  Table table = *table_of("t", 3, 4);
  table.attribute_definitions = {{"a", wire::ValueType::binary}, {"b", wire::ValueType::number}};
  table.partition_key = table.attribute_definitions[0];
  table.sort_key = table.attribute_definitions[1];
  table.tags = {{"k", "v"}};
  table.change = TableStatus::updating;
  table.settles_at = WallTime(std::chrono::milliseconds(12345));
  Table read = decode_table(encode_table(table));
  EXPECT_EQ(encode_table(read), encode_table(table));
  EXPECT_EQ(read.sort_key->type, wire::ValueType::number);
  EXPECT_THROW(decode_table("{}"), store::StoreError);
  EXPECT_THROW(decode_table(R"({"v":99})"), store::StoreError);
}

}  // namespace
}  // namespace brume::dynamodb
