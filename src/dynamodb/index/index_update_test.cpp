#include "dynamodb/index/index_test_support.h"

namespace brume::dynamodb {
namespace {

constexpr std::string_view kInvalid = "ValidationException: One or more parameter values were invalid: ";

/// A provisioned table (5 reads, 5 writes) with the local index `lsi` and the global one `gsi` (2 reads, 2 writes).
class IndexUpdates : public IndexTest {
 protected:
  void SetUp() override {
    db.ok("CreateTable", R"({"TableName":"tab",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},
        {"AttributeName":"a","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
      "LocalSecondaryIndexes":[{"IndexName":"lsi","Projection":{"ProjectionType":"ALL"},
        "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"}]}],
      "GlobalSecondaryIndexes":[{"IndexName":"gsi","Projection":{"ProjectionType":"ALL"},
        "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
        "ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":2}}],
      "ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}})");
  }
  static std::string with(std::string_view updates, std::string_view more = "") {
    return R"({"TableName":"tab","GlobalSecondaryIndexUpdates":[)" + std::string(updates) + "]" + std::string(more) +
           "}";
  }
  static std::string units(int read, int write) {
    return R"("ProvisionedThroughput":{"ReadCapacityUnits":)" + std::to_string(read) + R"(,"WriteCapacityUnits":)" +
           std::to_string(write) + "}";
  }
  static std::string update(std::string_view index, std::string_view what) {
    return R"({"Update":{"IndexName":")" + std::string(index) + R"(",)" + std::string(what) + "}}";
  }
  static std::string erase(std::string_view index) {
    return R"({"Delete":{"IndexName":")" + std::string(index) + R"("}})";
  }
  static std::string create(std::string_view index, std::string_view key, std::string_view more = "") {
    return R"({"Create":{"IndexName":")" + std::string(index) + R"(","KeySchema":[{"AttributeName":")" +
           std::string(key) + R"(","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"})" + std::string(more) +
           "}}";
  }
  static constexpr std::string_view kDefinesB =
      R"(,"AttributeDefinitions":[{"AttributeName":"b","AttributeType":"S"}])";
};

TEST_F(IndexUpdates, OneActionAnEntryAndOneEntryAnIndex) {
  const std::string invalid(kInvalid);
  EXPECT_EQ(db.error("UpdateTable", with("", R"(,"DeletionProtectionEnabled":true)")),
            invalid + "List of GlobalSecondaryIndexUpdates is empty");
  EXPECT_EQ(db.error("UpdateTable", with("{}")),
            invalid +
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null");
  EXPECT_EQ(db.error("UpdateTable", with(R"({"Delete":{"IndexName":"gsi"},"Update":{"IndexName":"gsi"}})")),
            invalid + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object");
  EXPECT_EQ(db.error("UpdateTable", with(erase("gsi") + "," + create("gsi", "a"))),
            invalid + "Only one global secondary index update per index is allowed simultaneously. Index: gsi");
  EXPECT_EQ(db.error("UpdateTable", with(erase("gsi") + "," + create("other", "a"))),
            "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table");
}

TEST_F(IndexUpdates, NameWhatIsNotThere) {
  const std::string missing = "ResourceNotFoundException: Requested resource not found: Index none for table tab";
  EXPECT_EQ(db.error("UpdateTable", with(erase("none"))), missing);
  EXPECT_EQ(db.error("UpdateTable", with(update("none", units(3, 3)))), missing);
  EXPECT_EQ(db.error("UpdateTable", with(erase("lsi"))),
            "ValidationException: Cannot delete an index that is not a GlobalSecondaryIndex: lsi");
  EXPECT_EQ(db.error("UpdateTable", with(create("gsi", "a", "," + units(1, 1)), kDefinesB)),
            "ValidationException: Attempting to create an index which already exists");
  EXPECT_EQ(db.error("UpdateTable", with(create("new", "b", "," + units(1, 1)))),
            std::string(kInvalid) + "AttributeDefinitions is not specified for index: new");
  EXPECT_EQ(db.error("UpdateTable", with(create("new", "c", "," + units(1, 1)), kDefinesB)),
            std::string(kInvalid) +
                "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], "
                "AttributeDefinitions: [pk, sk, a]");
  EXPECT_EQ(db.error("UpdateTable", with(create("new", "b"), kDefinesB)),
            std::string(kInvalid) + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new");
  EXPECT_EQ(describe().at("AttributeDefinitions").as_array().size(), 3u);
}

TEST_F(IndexUpdates, RefuseWhatCannotGoTogether) {
  const std::string creation = create("new", "b", "," + units(1, 1));
  auto failure = [&](std::string_view more) {
    return db.error("UpdateTable", with(creation, std::string(kDefinesB) + std::string(more)));
  };
  const std::string invalid(kInvalid);
  EXPECT_EQ(failure("," + units(6, 6)), invalid + "You cannot create or delete index while updating table IOPS");
  EXPECT_EQ(failure(R"(,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})"),
            invalid + "You cannot create or delete index while changing stream status");
  EXPECT_EQ(failure(R"(,"DeletionProtectionEnabled":true)"),
            invalid + "DeletionProtection modification must be the only operation in the request");
  EXPECT_EQ(failure(R"(,"TableClass":"STANDARD")"),
            invalid + "TableClass modification must be the only operation in the request");
}

TEST_F(IndexUpdates, ChangeThroughput) {
  auto reply = db.ok("UpdateTable", with(update("gsi", units(3, 1))));
  const auto& shown = reply.at("TableDescription").at("GlobalSecondaryIndexes").at(0);
  EXPECT_EQ(shown.at("ProvisionedThroughput").at("ReadCapacityUnits"), 2);  // AWS answers with the former values
  EXPECT_EQ(reply.at("TableDescription").at("TableStatus"), "ACTIVE");
  EXPECT_EQ(index("gsi").at("ProvisionedThroughput").at("ReadCapacityUnits"), 3);
  EXPECT_EQ(index("gsi").at("ProvisionedThroughput").at("NumberOfDecreasesToday"), 1);
  EXPECT_EQ(db.error("UpdateTable", with(update("gsi", units(3, 1)))),
            "ValidationException: The provisioned throughput for the index gsi will not change. The requested value "
            "equals the current value. Current ReadCapacityUnits provisioned for index gsi: 3. Requested "
            "ReadCapacityUnits: 3. Current WriteCapacityUnits provisioned for index gsi: 1. Requested "
            "WriteCapacityUnits: 1. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
            "higher limits.");
}

TEST_F(IndexUpdates, TheFifthDecreaseOfADayWaitsAnHour) {
  for (int read : {50, 40, 30, 20, 10}) db.ok("UpdateTable", with(update("gsi", units(read, 2))));
  EXPECT_EQ(db.error("UpdateTable", with(update("gsi", units(9, 2)))),
            "LimitExceededException: Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
            "given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be performed "
            "at most once every 3600 seconds. Number of decreases today: 4. Last decrease at Tuesday, November 14, "
            "2023 at 10:13:20 PM Coordinated Universal Time. Next decrease can be made at Tuesday, November 14, 2023 "
            "at 11:13:20 PM Coordinated Universal Time");
  db.clock.advance(std::chrono::hours(1));
  db.ok("UpdateTable", with(update("gsi", units(9, 2))));
}

TEST_F(IndexUpdates, BillingModesTakeTheIndexesAlong) {
  db.ok("UpdateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST"})");
  EXPECT_EQ(index("gsi").at("ProvisionedThroughput").at("ReadCapacityUnits"), 0);
  EXPECT_EQ(db.error("UpdateTable", with(update("gsi", units(3, 3)))),
            std::string(kInvalid) +
                "The only Updates for index: gsi when TableThroughputMode is PAY_PER_REQUEST can "
                "be to OnDemandThroughput, WarmThroughput");
  db.ok("UpdateTable", with(update("gsi", R"("OnDemandThroughput":{"MaxReadRequestUnits":50})")));
  EXPECT_EQ(index("gsi").at("OnDemandThroughput"), json_of(R"({"MaxReadRequestUnits":50})"));
  EXPECT_EQ(db.error("UpdateTable", R"({"TableName":"tab","BillingMode":"PROVISIONED",)" + units(4, 4) + "}"),
            std::string(kInvalid) + "ProvisionedThroughput must be specified for index: gsi");
  db.ok("UpdateTable", with(update("gsi", units(4, 4)), R"(,"BillingMode":"PROVISIONED",)" + units(4, 4)));
  EXPECT_EQ(index("gsi").at("ProvisionedThroughput").at("ReadCapacityUnits"), 4);
  EXPECT_FALSE(index("gsi").contains("OnDemandThroughput"));
}

}  // namespace
}  // namespace brume::dynamodb
