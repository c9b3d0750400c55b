#include "dynamodb/test_service.h"

#include <thread>

namespace brume::dynamodb {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;  // SharedClock's start

class TimeToLiveTest : public DynamoDbTest {
 protected:
  static Options fast() {
    Options options = TestService::immediate();
    options.expiry_sweep_interval = std::chrono::milliseconds(2);
    return options;
  }
  TimeToLiveTest() : DynamoDbTest(fast()) {}
  explicit TimeToLiveTest(Options options) : DynamoDbTest(options) {}

  Answer update(bool enable, std::string_view attribute = "ttl") {
    return db.call("UpdateTimeToLive", R"({"TableName":"hash","TimeToLiveSpecification":{"Enabled":)" +
                                           std::string(enable ? "true" : "false") + R"(,"AttributeName":")" +
                                           std::string(attribute) + R"("}})");
  }
  std::string status() {
    auto answer = db.ok("DescribeTimeToLive", R"({"TableName":"hash"})");
    return std::string(answer.at("TimeToLiveDescription").at("TimeToLiveStatus").as_string());
  }
  void put(std::string_view id, std::string_view ttl) {
    db.ok("PutItem",
          R"({"TableName":"hash","Item":{"id":{"S":")" + std::string(id) + R"("},"ttl":)" + std::string(ttl) + "}}");
  }
  bool exists(std::string_view id) {
    return db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":")" + std::string(id) + R"("}}})").contains("Item");
  }
  /// Waits for what the background does; bounded.
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  void enable() {
    ASSERT_EQ(update(true).error, "");
    ASSERT_TRUE(eventually([&] { return status() == "ENABLED"; }));
  }
};

TEST_F(TimeToLiveTest, ItemsGoWhenTheirTimeHasCome) {
  enable();
  put("soon", R"({"N":"1700000010"})");
  put("later", R"({"N":"1700000100"})");
  put("now", R"({"N":"1700000000"})");
  EXPECT_TRUE(eventually([&] { return !exists("now"); }));
  EXPECT_TRUE(exists("soon"));
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_TRUE(eventually([&] { return !exists("soon"); }));
  EXPECT_TRUE(exists("later"));
  EXPECT_EQ(item_count("hash"), 1);
}

TEST_F(TimeToLiveTest, ItemsFromBeforeItWasEnabledGoToo) {
  for (int i = 0; i < 1200; ++i) put("old" + std::to_string(i), R"({"N":"1699999999"})");
  put("stays", R"({"N":"1800000000"})");
  enable();
  EXPECT_TRUE(eventually([&] { return item_count("hash") == 1; }));
  EXPECT_TRUE(exists("stays"));
}

TEST_F(TimeToLiveTest, OtherTypesAndAncientTimesAreIgnored) {
  enable();
  put("text", R"({"S":"1600000000"})");
  put("null", R"({"NULL":true})");
  put("negative", R"({"N":"-5"})");
  put("zero", R"({"N":"0"})");
  put("ancient", R"({"N":")" + std::to_string(kNow - 5 * 365 * 86400 - 10) + R"("})");
  put("fraction", R"({"N":"1699999999.75"})");
  EXPECT_TRUE(eventually([&] { return !exists("fraction"); }));
  for (const char* id : {"text", "null", "negative", "zero", "ancient"}) EXPECT_TRUE(exists(id)) << id;
}

TEST_F(TimeToLiveTest, AnUpdateThatMovesTheTimeSavesTheItem) {
  enable();
  put("a", R"({"N":"1700000010"})");
  put("b", R"({"N":"1700000010"})");
  db.ok("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"SET #t = :t",
    "ExpressionAttributeNames":{"#t":"ttl"},"ExpressionAttributeValues":{":t":{"N":"1700009999"}}})");
  db.clock.advance(std::chrono::seconds(20));
  EXPECT_TRUE(eventually([&] { return !exists("b"); }));
  EXPECT_TRUE(exists("a"));
}

TEST_F(TimeToLiveTest, DisablingEndsIt) {
  enable();
  put("a", R"({"N":"1700000010"})");
  ASSERT_EQ(update(false).error, "");
  ASSERT_TRUE(eventually([&] { return status() == "DISABLED"; }));
  db.clock.advance(std::chrono::seconds(20));
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_TRUE(exists("a"));
  ASSERT_EQ(update(true, "other").error, "");
  EXPECT_TRUE(eventually([&] { return status() == "ENABLED"; }));
  EXPECT_TRUE(exists("a"));
}

TEST_F(TimeToLiveTest, ChangesThatAreNoneAreRefused) {
  EXPECT_EQ(update(false).message, "TimeToLive is already disabled");
  enable();
  EXPECT_EQ(update(true).message, "TimeToLive is already enabled");
  EXPECT_EQ(update(true, "other").message,
            "TimeToLive is active on a different AttributeName: current AttributeName is ttl");
}

class SlowTimeToLive : public TimeToLiveTest {
 protected:
  static Options hourly() {
    Options options = fast();
    options.ttl_change_interval = std::chrono::hours(1);
    return options;
  }
  SlowTimeToLive() : TimeToLiveTest(hourly()) {}
};

TEST_F(SlowTimeToLive, ASecondChangeWithinTheIntervalIsRefused) {
  enable();
  const std::string refusal = "Time to live has been modified multiple times within a fixed interval";
  db.clock.advance(std::chrono::minutes(59));
  EXPECT_EQ(update(false).message, refusal);
  // What would change nothing is told first, whenever the last change was.
  EXPECT_EQ(update(true).message, "TimeToLive is already enabled");
  EXPECT_EQ(update(false, "other").message,
            "TimeToLive is active on a different AttributeName: current AttributeName is ttl");
  db.clock.advance(std::chrono::minutes(2));
  ASSERT_EQ(update(false).error, "");
  ASSERT_TRUE(eventually([&] { return status() == "DISABLED"; }));
  EXPECT_EQ(update(true).message, refusal);
  EXPECT_EQ(update(false).message, "TimeToLive is already disabled");
}

TEST_F(TimeToLiveTest, GoesOnAfterACrash) {
  enable();
  for (int i = 0; i < 300; ++i) put("x" + std::to_string(i), R"({"N":"1700000010"})");
  db.crash();
  EXPECT_EQ(status(), "ENABLED");
  db.clock.advance(std::chrono::seconds(11));
  EXPECT_TRUE(eventually([&] { return !exists("x0") && !exists("x299"); }));
}

}  // namespace
}  // namespace brume::dynamodb
