#include "dynamodb/table/tables.h"

#include <gtest/gtest.h>

#include "store/testing/temporary_store.h"

namespace brume::dynamodb {
namespace {

TablePtr table_of(std::string name, std::uint32_t id, std::uint64_t revision) {
  Table table;
  table.account = "1";
  table.region = "r";
  table.name = std::move(name);
  table.id = TableId(id);
  table.revision = revision;
  table.partition_key = {"k", wire::ValueType::string};
  table.attribute_definitions = {table.partition_key};
  return finish_table(std::move(table), std::make_shared<TableLive>());
}

struct TablesTest : ::testing::Test {
  store::testing::TemporaryStore store;
  Tables tables{*store};

  void put(const TablePtr& table) { put(table->record_key(), encode_table(*table)); }
  void put(std::string key, std::string value) {
    store::testing::run_task(store->run({key}, [&](store::Transaction& t) { t.put(key, value); }));
  }
};

TEST_F(TablesTest, ShowWhatIsCommitted) {
  put(table_of("t", 1, 1));
  const TablePtr first = tables.find("1", "r", "t");
  ASSERT_TRUE(first);
  put(table_of("t", 1, 2));
  EXPECT_EQ(tables.find("1", "r", "t")->revision, 2u);
  EXPECT_EQ(first->live->revision.load(), 2u);
  EXPECT_EQ(tables.find("1", "r", "t")->live, first->live) << "all revisions share it";
  EXPECT_EQ(tables.find("1", "other", "t"), nullptr);
  put(table_of("t", 2, 1));  // another table of the same name
  EXPECT_EQ(tables.find("1", "r", "t")->id, TableId(2));
  EXPECT_NE(tables.find("1", "r", "t")->live, first->live);
  put(table_of("a", 3, 1));
  ASSERT_EQ(tables.list("1", "r").size(), 2u);
  EXPECT_EQ(tables.list("1", "r").front()->name, "a");
  EXPECT_TRUE(tables.list("1", "other").empty());
  store::testing::run_task(store->run({"t"}, [&](store::Transaction& t) { t.erase(first->record_key()); }));
  EXPECT_EQ(tables.find("1", "r", "t"), nullptr);
}

TEST_F(TablesTest, ARecordThatBecomesUnreadableIsToldApartFromNone) {
  const TablePtr table = table_of("t", 1, 1);
  put(table);
  put(table->record_key(), "{");
  EXPECT_EQ(tables.find("1", "r", "t"), nullptr);
  EXPECT_TRUE(tables.is_damaged("1", "r", "t"));
  EXPECT_FALSE(tables.is_damaged("1", "r", "other"));
  put(table);
  EXPECT_TRUE(tables.find("1", "r", "t"));
  EXPECT_FALSE(tables.is_damaged("1", "r", "t"));
}

TEST_F(TablesTest, AChangeIsNewerThanWhatWasLoadedBeforeIt) {
  Tables::Load load(tables);
  const TablePtr read = table_of("t", 1, 1);
  put(table_of("t", 1, 2));
  const TablePtr kept = load.keep(read);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->revision, 2u);
  EXPECT_EQ(kept->live->revision.load(), 2u);
  EXPECT_EQ(load.keep(table_of("u", 2, 5))->live->revision.load(), 5u);
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
