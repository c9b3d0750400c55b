// Two nodes on one store: what one changes the other sees, and background work happens on one of them.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

using std::chrono::milliseconds;

template <class F>
bool within(milliseconds time, F holds) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

constexpr std::string_view kCreate = R"({"TableName":"shared","BillingMode":"PAY_PER_REQUEST",)"
                                     R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
                                     R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]})";
constexpr std::string_view kTable = R"({"TableName":"shared"})";

std::string item(std::string_view id, std::int64_t expires) {
  return R"({"TableName":"shared","Item":{"id":{"S":")" + std::string(id) + R"("},"e":{"N":")" +
         std::to_string(expires) + R"("}}})";
}
bool has_item(TestService& db, std::string_view id) {
  return db
      .ok("GetItem", R"({"TableName":"shared","ConsistentRead":true,"Key":{"id":{"S":")" + std::string(id) + R"("}}})")
      .contains("Item");
}
std::int64_t seconds_of(const Clock& clock) { return unix_millis(clock.now()) / 1000; }

TEST(TwoNodes, SeeEachOthersTablesWithinASecond) {
  TestService first;
  TestService second(first);
  first.ok("CreateTable", kCreate);
  EXPECT_TRUE(within(milliseconds(1000), [&] { return second.call("DescribeTable", kTable).error.empty(); }));
  second.ok("PutItem", item("a", 0));
  EXPECT_TRUE(has_item(first, "a"));
  second.ok("UpdateTable", R"({"TableName":"shared","DeletionProtectionEnabled":true})");
  const auto is_protected = [](TestService& db) {
    return db.ok("DescribeTable", kTable).at("Table").at("DeletionProtectionEnabled").as_bool();
  };
  EXPECT_TRUE(is_protected(second)) << "its own change, at once";
  EXPECT_TRUE(within(milliseconds(1000), [&] { return is_protected(first); }));
  first.ok("UpdateTable", R"({"TableName":"shared","DeletionProtectionEnabled":false})");
  EXPECT_TRUE(within(milliseconds(1000), [&] { return !is_protected(second); }));
  first.ok("DeleteTable", kTable);
  EXPECT_TRUE(within(milliseconds(1000),
                     [&] { return second.call("DescribeTable", kTable).error == "ResourceNotFoundException"; }));
}

TEST(TwoNodes, OneOfThemSweepsAndTheOtherTakesItOver) {
  Options options = TestService::immediate();
  options.expiry_sweep_interval = milliseconds(5);
  std::optional<TestService> first(std::in_place, options);
  TestService second(*first);
  first->ok("CreateTable", kCreate);
  first->ok("UpdateTimeToLive",
            R"({"TableName":"shared","TimeToLiveSpecification":{"AttributeName":"e","Enabled":true}})");
  ASSERT_TRUE(within(milliseconds(5000), [&] {
    const Answer answer = second.call("DescribeTimeToLive", kTable);
    return answer.error.empty() &&
           answer.body.at("TimeToLiveDescription").at("TimeToLiveStatus").as_string() == "ENABLED";
  }));
  second.clock.advance(std::chrono::hours(1));
  const std::int64_t now = seconds_of(first->clock);
  second.ok("PutItem", item("for the first", now - 10));
  second.ok("PutItem", item("for the second", now + 600));  // expired by its clock alone
  EXPECT_TRUE(within(milliseconds(5000), [&] { return !has_item(second, "for the first"); }));
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_TRUE(has_item(second, "for the second")) << "the second node swept, though the first one does";
  first.reset();  // cleanly: its leases are free
  EXPECT_TRUE(within(milliseconds(10'000), [&] { return !has_item(second, "for the second"); }));
}

}  // namespace
}  // namespace brume::dynamodb
