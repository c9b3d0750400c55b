#include "observe/audit.h"

#include "observe/test_observe.h"

namespace brume::observe {
namespace {
namespace json = boost::json;
using namespace std::chrono_literals;

class AuditTest : public ObserveTest {
 protected:
  void record(std::string name, std::string account = "000000000000") {
    AuditEvent event;
    event.account = std::move(account);
    event.region = "us-east-1";
    event.event_source = "dynamodb.amazonaws.com";
    event.event_name = std::move(name);
    event.principal_arn = "arn:aws:iam::000000000000:user/ann";
    event.request_parameters = {{"TableName", "t"}};
    event.time = clock.now();
    run(observe->audit().record(std::move(event)));
  }
  std::string names(WallTime from, WallTime to, std::size_t limit = 100, std::string account = "000000000000") {
    std::string out;
    for (const auto& entry : run(observe->audit().list(std::move(account), from, to, limit)))
      out += (out.empty() ? "" : " ") + text_at(entry, "eventName");
    return out;
  }
};

TEST_F(AuditTest, KeepsRecordsInOrderOfTimeAcrossRestarts) {
  const WallTime start = clock.now();
  for (const char* name : {"A", "B", "C"}) {
    record(name);
    clock.advance(10ms);
  }
  record("Other", "111111111111");
  restart();
  EXPECT_EQ(names(start, start + 1h), "A B C");
  EXPECT_EQ(names(start, start + 1h, 2), "A B");
  EXPECT_EQ(names(start + 10ms, start + 20ms), "B");
  EXPECT_EQ(names(start, start + 1h, 9, "111111111111"), "Other");
}

TEST_F(AuditTest, BytesThatAreNoTextLeaveTheTrailReadable) {
  AuditEvent event;
  event.account = "000000000000";
  event.event_name = "A";
  event.user_agent = "agent\xff";
  event.request_parameters = {{"Blob", std::string("\x80\xfe", 2)}};
  event.time = clock.now();
  run(observe->audit().record(std::move(event)));
  EXPECT_EQ(names(clock.now(), clock.now() + 1h), "A");
}

TEST_F(AuditTest, PrunesAfterNinetyDaysInEveryAccount) {
  const WallTime start = clock.now();
  record("Old");
  record("OldToo", "111111111111");
  clock.advance(24h);
  record("Young");
  clock.advance(89 * 24h + 1h);
  run(observe->maintain());
  EXPECT_EQ(names(start, clock.now()), "Young");
  EXPECT_EQ(names(start, clock.now(), 9, "111111111111"), "");
}

TEST(CloudTrailRecord, HasTheShapeAndHidesSecrets) {
  AuditEvent event;
  event.account = "000000000000";
  event.principal_arn = "arn:aws:iam::000000000000:user/ann";
  event.access_key_id = "AKIAX";
  event.time = WallTime(1'700'000'000s);
  event.error_code = "AccessDenied";
  event.request_parameters = json::parse(R"({"NewPassword":"hunter2","Code":{"ZipFile":"UEsD"},"SecretAccessKey":"k",
    "Environment":{"Variables":{"DB":"hunter2"}},"Tags":{"Owner":"x"},"TableName":"t"})")
                                 .as_object();
  event.request_parameters["Long"] = std::string(10'000, 'x');
  const json::object out = cloud_trail_record(event, "id");
  EXPECT_EQ(out.at("eventVersion").as_string(), "1.11");
  EXPECT_EQ(out.at("eventTime").as_string(), "2023-11-14T22:13:20Z");
  EXPECT_EQ(out.at("userIdentity").at("type").as_string(), "IAMUser");
  EXPECT_EQ(out.at("userIdentity").at("userName").as_string(), "ann");
  EXPECT_EQ(out.at("eventType").as_string(), "AwsApiCall");
  EXPECT_TRUE(out.at("responseElements").is_null());
  EXPECT_EQ(out.at("errorCode").as_string(), "AccessDenied");
  const auto& parameters = out.at("requestParameters").as_object();
  EXPECT_EQ(parameters.at("newPassword").as_string(), "HIDDEN_DUE_TO_SECURITY_REASONS");
  EXPECT_EQ(parameters.at("code").at("zipFile").as_string(), "HIDDEN_DUE_TO_SECURITY_REASONS");
  EXPECT_EQ(parameters.at("secretAccessKey").as_string(), "HIDDEN_DUE_TO_SECURITY_REASONS");
  EXPECT_EQ(parameters.at("tags").at("Owner").as_string(), "x");
  EXPECT_EQ(parameters.at("tableName").as_string(), "t");
  EXPECT_LT(parameters.at("long").as_string().size(), 3000u);
  EXPECT_EQ(json::serialize(out).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace brume::observe
