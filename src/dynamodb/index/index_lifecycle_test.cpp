#include <atomic>
#include <random>

#include "dynamodb/index/index_test_support.h"

namespace brume::dynamodb {
namespace {

constexpr std::string_view kById = R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}])";

/// UpdateTable of `tab` that creates an index with partition key g: S and, if `sorted`, sort key n: N.
std::string creation(std::string_view name, bool sorted = false, std::string_view projection = "ALL") {
  return R"({"TableName":"tab","AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"},
    {"AttributeName":"n","AttributeType":"N"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":")" +
         std::string(name) + R"(","KeySchema":[{"AttributeName":"g","KeyType":"HASH"})" +
         (sorted ? R"(,{"AttributeName":"n","KeyType":"RANGE"})" : "") + R"(],"Projection":{"ProjectionType":")" +
         std::string(projection) + R"("}}}]})";
}
std::string deletion(std::string_view name) {
  return R"({"TableName":"tab","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":")" + std::string(name) +
         R"("}}]})";
}

class IndexLifecycle : public IndexTest {
 protected:
  void SetUp() override { create_table(); }
  void create_table() {
    db.ok("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)" +
                             std::string(kById) + "}");
  }
  void put_many(int count) {
    for (int i = 0; i < count; ++i)
      put(i, R"(,"g":{"S":"g)" + std::to_string(i % 7) + R"("},"n":{"N":")" + std::to_string(i % 5) + R"("})");
  }
};

TEST_F(IndexLifecycle, CreationEntersTheItemsThatWereThere) {
  put_many(1203);
  put(5000, R"(,"n":{"N":"1"})");                       // no partition key: sparse
  put(5001, R"(,"g":{"N":"1"},"n":{"N":"1"})");         // another type: left out
  put(5002, R"(,"g":{"S":""},"n":{"N":"1"})");          // empty
  put(5003, R"(,"g":{"S":"x"},"n":{"S":"text"})");      // sort key of another type
  auto reply = db.ok("UpdateTable", creation("gsi", true, "KEYS_ONLY"));
  EXPECT_EQ(reply.at("TableDescription").at("GlobalSecondaryIndexes").at(0).at("IndexStatus"), "CREATING");
  ASSERT_TRUE(becomes_active("gsi"));
  EXPECT_EQ(count_kind(db, 'g'), 1203u);
  EXPECT_EQ(count_kind(db, 'b'), 0u);
  EXPECT_EQ(item_count("gsi"), 1203);
  EXPECT_FALSE(index("gsi").contains("Backfilling"));
  expect_no_faults();
  db.restart();
  EXPECT_EQ(item_count("gsi"), 1203);
  expect_no_faults();
}

TEST_F(IndexLifecycle, WritesKeepEntriesUpToDate) {
  db.ok("UpdateTable", creation("gsi", true));
  ASSERT_TRUE(becomes_active("gsi"));
  put(1, R"(,"g":{"S":"a"},"n":{"N":"1"})");
  put(2, R"(,"g":{"S":"a"},"n":{"N":"1"})");  // the same index key: two entries
  EXPECT_EQ(item_count("gsi"), 2);
  auto update = [&](int id, std::string_view expression, std::string_view value) {
    db.ok("UpdateItem", R"({"TableName":"tab","Key":{"id":{"S":"i)" + std::to_string(id) +
                            R"("}},"UpdateExpression":")" + std::string(expression) +
                            R"(","ExpressionAttributeValues":{":v":)" + std::string(value) + "}}");
  };
  update(1, "SET n = :v", R"({"N":"9"})");  // moved
  expect_no_faults();
  update(1, "SET extra = :v", R"({"S":"e"})");  // the same place, other attributes
  expect_no_faults();
  db.ok("UpdateItem", R"({"TableName":"tab","Key":{"id":{"S":"i1"}},"UpdateExpression":"REMOVE g"})");  // gone
  EXPECT_EQ(item_count("gsi"), 1);
  db.ok("DeleteItem", R"({"TableName":"tab","Key":{"id":{"S":"i2"}}})");
  EXPECT_EQ(item_count("gsi"), 0);
  EXPECT_EQ(count_kind(db, 'g'), 0u);
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"tab","Item":{"id":{"S":"x"},"g":{"N":"1"}}})"),
            "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key g Expected: S "
            "Actual: N IndexName: gsi");
  expect_no_faults();
}

TEST_F(IndexLifecycle, DeletionRemovesEntriesAndDefinitions) {
  put_many(700);
  db.ok("UpdateTable", creation("gsi", true));
  ASSERT_TRUE(becomes_active("gsi"));
  auto reply = db.ok("UpdateTable", deletion("gsi"));
  EXPECT_EQ(reply.at("TableDescription").at("GlobalSecondaryIndexes").at(0).at("IndexStatus"), "DELETING");
  ASSERT_TRUE(eventually([&] { return status_of("gsi").empty(); }));
  EXPECT_EQ(count_kind(db, 'g'), 0u);
  EXPECT_EQ(describe().at("AttributeDefinitions").as_array().size(), 1u);
  EXPECT_FALSE(describe().contains("GlobalSecondaryIndexes"));
  put(1, R"(,"g":{"N":"1"})");  // no longer a key
  db.ok("UpdateTable", creation("gsi"));
  ASSERT_TRUE(becomes_active("gsi"));
  EXPECT_EQ(item_count("gsi"), 699);
  expect_no_faults();
}

TEST_F(IndexLifecycle, WritesDuringTheBackfillEndWithExactlyTheRightEntries) {
  put_many(3000);
  std::atomic<bool> stop = false;
  auto writer = [&](std::size_t thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    while (!stop) {
      const std::string id = R"({"id":{"S":"i)" + std::to_string(random() % 3500) + R"("})";
      const std::string g = R"({"S":"g)" + std::to_string(random() % 9) + R"("})";
      const auto kind = random() % 4;
      Answer answer;
      if (kind == 0) answer = db.call("DeleteItem", R"({"TableName":"tab","Key":)" + id + "}}", thread % 2);
      else if (kind == 1)
        answer = db.call("PutItem", R"({"TableName":"tab","Item":)" + id + R"(,"x":{"S":"no key"}}})", thread % 2);
      else
        answer = db.call("PutItem", R"({"TableName":"tab","Item":)" + id + R"(,"g":)" + g + R"(,"n":{"N":"1"}}})",
                         thread % 2);
      if (!answer.error.empty()) ADD_FAILURE() << answer.error << ' ' << answer.message;
    }
  };
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < 4; ++i) writers.emplace_back(writer, i);
  for (int round = 0; round < 5; ++round) {
    const std::string name = "gsi" + std::to_string(round);
    db.ok("UpdateTable", creation(name, round % 2));
    EXPECT_TRUE(becomes_active(name));
    if (round == 2) {
      db.ok("UpdateTable", deletion("gsi0"));
      EXPECT_TRUE(eventually([&] { return status_of("gsi0").empty(); }));
    }
  }
  stop = true;
  for (std::thread& thread : writers) thread.join();
  expect_no_faults();
  db.restart();  // numbers that were counted while writes went on are counted again
  const auto entries = static_cast<std::int64_t>(count_kind(db, 'g'));
  auto counted = [&] { return item_count("gsi1") + item_count("gsi2") + item_count("gsi3") + item_count("gsi4"); };
  EXPECT_TRUE(eventually([&] { return counted() == entries; })) << counted() << " instead of " << entries;
  db.restart();
  expect_no_faults();
}

TEST_F(IndexLifecycle, CreationGoesOnAfterACrash) {
  put_many(3000);
  db.ok("UpdateTable", creation("gsi", true));
  // Somewhere in the middle, after some chunks.
  ASSERT_TRUE(eventually([&] { return count_kind(db, 'g') > 0; }));
  db.crash();
  expect_no_faults();
  put(1, R"(,"g":{"S":"later"},"n":{"N":"1"})");
  db.ok("DeleteItem", R"({"TableName":"tab","Key":{"id":{"S":"i2"}}})");
  ASSERT_TRUE(becomes_active("gsi"));
  EXPECT_EQ(count_kind(db, 'g'), 2999u);
  EXPECT_TRUE(eventually([&] { return item_count("gsi") == 2999; })) << item_count("gsi");
  expect_no_faults();
}

TEST_F(IndexLifecycle, DeletionGoesOnAfterACrash) {
  put_many(3000);
  db.ok("UpdateTable", creation("gsi", true));
  ASSERT_TRUE(becomes_active("gsi"));
  db.ok("UpdateTable", deletion("gsi"));
  db.crash();
  expect_no_faults();
  ASSERT_TRUE(eventually([&] { return status_of("gsi").empty(); }));
  EXPECT_EQ(count_kind(db, 'g'), 0u);
  expect_no_faults();
}

TEST_F(IndexLifecycle, AnIndexCanBeDeletedWhileItIsFilled) {
  put_many(3000);
  db.ok("UpdateTable", creation("gsi", true));
  db.ok("UpdateTable", deletion("gsi"));
  ASSERT_TRUE(eventually([&] { return status_of("gsi").empty(); }));
  EXPECT_EQ(count_kind(db, 'g'), 0u);
  EXPECT_EQ(count_kind(db, 'b'), 0u);
  expect_no_faults();
}

TEST_F(IndexLifecycle, ADeletedTableLeavesNothing) {
  put_many(1500);
  db.ok("UpdateTable", creation("gsi", true));
  ASSERT_TRUE(becomes_active("gsi"));
  db.ok("UpdateTimeToLive", R"({"TableName":"tab","TimeToLiveSpecification":{"AttributeName":"exp","Enabled":true}})");
  put(1, R"(,"exp":{"N":"4000000000"})");
  EXPECT_EQ(count_kind(db, 'e'), 1u);
  db.restart();
  EXPECT_EQ(count_kind(db, 'k'), 2u);
  db.ok("DeleteTable", R"({"TableName":"tab"})");
  create_table();  // the name is taken again before the items are gone
  ASSERT_TRUE(eventually([&] { return count_kind(db, 'R') == 0; }));
  for (char kind : {'i', 'g', 'e', 'k', 'b'}) EXPECT_EQ(count_kind(db, kind), 0u) << kind;
  expect_no_faults();
}

TEST_F(IndexLifecycle, CheckFindsWrongEntries) {
  put_many(20);
  db.ok("UpdateTable", creation("gsi", true));
  ASSERT_TRUE(becomes_active("gsi"));
  auto damage = [](store::Store& store) -> Task<> {
    auto body = [](store::Transaction& transaction) {
      auto cursor = transaction.scan(store::Range::of_prefix(std::string(1, store::kDynamoDbSpace) + 'g'));
      transaction.erase(cursor->key());
    };
    co_await store.run({}, body);
  };
  db.run(damage(*db.store()));
  auto found = faults(db);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("entries of index gsi of table tab do not agree with the items: there are 19, the items call "
                          "for 20"),
            std::string::npos)
      << found[0];
}

TEST(IndexStatusShown, FollowsTheClockAndTheWork) {
  Options options;
  options.status_delay = std::chrono::seconds(10);
  TestService db(options);
  db.ok("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)" +
                           std::string(kById) + "}");
  db.clock.advance(std::chrono::seconds(11));
  auto shown = [&] {
    auto table = db.ok("DescribeTable", R"({"TableName":"tab"})").at("Table").as_object();
    std::string text(table.at("TableStatus").as_string());
    if (const auto* indexes = table.if_contains("GlobalSecondaryIndexes"))
      for (const auto& index : indexes->as_array()) {
        text += " " + std::string(index.at("IndexStatus").as_string());
        if (const auto* flag = index.as_object().if_contains("Backfilling")) text += flag->as_bool() ? "+" : "-";
      }
    return text;
  };
  const std::string in_use = "ResourceInUseException: Attempt to change a resource which is still in use: ";
  const std::string one_at_a_time =
      "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted "
      "simultaneously per table";
  db.ok("UpdateTable", creation("gsi"));
  EXPECT_EQ(shown(), "UPDATING CREATING-");
  EXPECT_EQ(db.error("UpdateTable", creation("other")), one_at_a_time);
  EXPECT_EQ(db.error("UpdateTable", deletion("gsi")),
            in_use +
                "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when "
                "the index is active. Table: tab Index: gsi");
  EXPECT_EQ(db.error("DeleteTable", R"({"TableName":"tab"})"),
            in_use + "Cannot delete table while indexes are being created, updated, or deleted.");
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_TRUE(eventually([&] { return shown() == "ACTIVE ACTIVE"; })) << shown();
  db.ok("UpdateTable", deletion("gsi"));
  EXPECT_EQ(shown(), "UPDATING DELETING");
  EXPECT_EQ(db.error("UpdateTable", creation("other")), one_at_a_time);
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_TRUE(eventually([&] { return shown() == "ACTIVE"; })) << shown();
}

}  // namespace
}  // namespace brume::dynamodb
