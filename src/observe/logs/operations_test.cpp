#include "observe/logs/operations.h"

#include "observe/test_observe.h"

namespace brume::observe {
namespace {
namespace json = boost::json;
using namespace std::chrono_literals;

class LogsTest : public ObserveTest {
 protected:
  json::object get(json::object more) {
    more["logGroupName"] = "g";
    more["logStreamName"] = "s";
    return ok("GetLogEvents", std::move(more));
  }
  std::string names(const json::object& out, std::string_view list, std::string_view member) {
    std::string text;
    for (const auto& entry : out.at(list).as_array())
      text += (text.empty() ? "" : " ") + text_at(entry.as_object(), member);
    return text;
  }
};

TEST_F(LogsTest, EveryRowIsAnOperationOfTheModel) {
  const service::Service rows = observe->logs_service();
  for (const auto& row : rows.operations) EXPECT_NE(rows.model->operation(row.name), nullptr) << row.name;
}

TEST_F(LogsTest, ErrorsOfGroupsAndStreams) {
  EXPECT_EQ(error("DeleteLogGroup", {{"logGroupName", "g"}}),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(error("CreateLogStream", {{"logGroupName", "g"}, {"logStreamName", "s"}}),
            "ResourceNotFoundException: The specified log group does not exist.");
  group_and_stream();
  EXPECT_EQ(error("CreateLogGroup", {{"logGroupName", "g"}}),
            "ResourceAlreadyExistsException: The specified log group already exists");
  EXPECT_EQ(error("CreateLogStream", {{"logGroupName", "g"}, {"logStreamName", "s"}}),
            "ResourceAlreadyExistsException: The specified log stream already exists");
  EXPECT_EQ(error("GetLogEvents", {{"logGroupName", "g"}, {"logStreamName", "none"}}),
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(
      error("DescribeLogStreams", {{"logGroupName", "g"}, {"orderBy", "LastEventTime"}, {"logStreamNamePrefix", "s"}}),
      "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.");
  EXPECT_TRUE(error("GetLogEvents", {{"logGroupName", "g"}, {"logStreamName", "s"}, {"nextToken", "f/zz/s"}})
                  .starts_with("InvalidParameterException: The specified nextToken is invalid."));
}

TEST_F(LogsTest, AnswersAsRecorded) {
  group_and_stream();
  const json::value group = ok("DescribeLogGroups", {}).at("logGroups").at(0);
  EXPECT_EQ(group.at("deletionProtectionEnabled"), false);
  EXPECT_EQ(group.at("storedBytes").to_number<int>(), 0);
  const json::value of_pattern = ok("DescribeLogGroups", {{"logGroupNamePattern", "g"}}).at("logGroups").at(0);
  EXPECT_FALSE(of_pattern.as_object().contains("storedBytes"));
  EXPECT_FALSE(of_pattern.as_object().contains("deletionProtectionEnabled"));
  const json::value stream = ok("DescribeLogStreams", {{"logGroupName", "g"}}).at("logStreams").at(0);
  EXPECT_FALSE(stream.as_object().contains("uploadSequenceToken")) << "nothing was uploaded";
  EXPECT_EQ(error("DescribeLogStreams", {{"logGroupName", "g"}, {"logGroupIdentifier", "g"}}),
            "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters.");
}

TEST_F(LogsTest, NamesThatAreTooLong) {
  const std::string said = "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
  for (const service::Operation& row : observe->logs_service().operations) {
    ASSERT_NE(row.check_first, nullptr) << row.name;
    for (const char* member : {"logGroupName", "logStreamName"}) {
      EXPECT_NO_THROW(row.check_first({{member, std::string(512, 'x')}}));
      try {
        row.check_first({{member, std::string(513, 'x')}});
        FAIL() << row.name;
      } catch (const AwsError& error) {
        EXPECT_EQ(error.message(), said);
        EXPECT_EQ(error.kind().code, "InvalidParameterException");
      }
    }
  }
}

TEST_F(LogsTest, DescribesGroupsInPages) {
  for (const char* name : {"b", "a", "ab", "c"}) ok("CreateLogGroup", {{"logGroupName", name}});
  ok("PutRetentionPolicy", {{"logGroupName", "a"}, {"retentionInDays", 7}});
  restart();
  const json::object first = ok("DescribeLogGroups", {{"limit", 2}});
  EXPECT_EQ(names(first, "logGroups", "logGroupName"), "a ab");
  EXPECT_EQ(first.at("logGroups").at(0).at("retentionInDays").as_int64(), 7);
  EXPECT_EQ(names(first, "logGroups", "arn"),
            "arn:aws:logs:us-east-1:000000000000:log-group:a:* "
            "arn:aws:logs:us-east-1:000000000000:log-group:ab:*");
  const json::object second = ok("DescribeLogGroups", {{"limit", 2}, {"nextToken", first.at("nextToken")}});
  EXPECT_EQ(names(second, "logGroups", "logGroupName"), "b c");
  EXPECT_FALSE(second.contains("nextToken"));
  EXPECT_EQ(names(ok("DescribeLogGroups", {{"logGroupNamePrefix", "a"}}), "logGroups", "logGroupName"), "a ab");
  EXPECT_EQ(names(ok("DescribeLogGroups", {{"logGroupNamePattern", "b"}}), "logGroups", "logGroupName"), "ab b");
}

TEST_F(LogsTest, DescribesStreamsByNameAndByLastEvent) {
  append("x", {{now() + 1, "m"}});
  append("y", {{now() + 5, "m"}});
  append("x", {{now() + 9, "m"}});
  append("z", {{now() + 7, "m"}});
  const json::object group{{"logGroupIdentifier", "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/fn:*"}};
  EXPECT_EQ(names(ok("DescribeLogStreams", group), "logStreams", "logStreamName"), "x y z");
  json::object query = group;
  query["orderBy"] = "LastEventTime";
  query["descending"] = true;
  query["limit"] = 2;
  const json::object first = ok("DescribeLogStreams", query);
  EXPECT_EQ(names(first, "logStreams", "logStreamName"), "x z");
  EXPECT_EQ(first.at("logStreams").at(0).at("firstEventTimestamp").to_number<std::int64_t>(), now() + 1);
  query["nextToken"] = first.at("nextToken");
  EXPECT_EQ(names(ok("DescribeLogStreams", query), "logStreams", "logStreamName"), "y");
}

TEST_F(LogsTest, GetLogEventsGoesBothWaysAndStaysAtTheEnds) {
  group_and_stream();
  put({{now(), "a"}, {now() + 1, "b"}, {now() + 1, "c"}, {now() + 2, "d"}});
  const json::object tail = get({{"limit", 2}});
  EXPECT_EQ(messages(tail), "c d");
  const json::object before = get({{"limit", 2}, {"nextToken", tail.at("nextBackwardToken")}});
  EXPECT_EQ(messages(before), "a b");
  const json::object at_start = get({{"nextToken", before.at("nextBackwardToken")}});
  EXPECT_EQ(messages(at_start), "");
  EXPECT_EQ(at_start.at("nextBackwardToken"), before.at("nextBackwardToken"));
  const json::object at_end = get({{"nextToken", tail.at("nextForwardToken")}, {"startFromHead", true}});
  EXPECT_EQ(messages(at_end), "");
  EXPECT_EQ(at_end.at("nextForwardToken"), tail.at("nextForwardToken"));
  put({{now() + 3, "e"}});
  EXPECT_EQ(messages(get({{"nextToken", at_end.at("nextForwardToken")}, {"startFromHead", true}})), "e");
  EXPECT_EQ(messages(get({{"startTime", now() + 1}, {"endTime", now() + 2}})), "b c");  // the end is exclusive
}

TEST_F(LogsTest, PutLogEventsChecksTheBatch) {
  EXPECT_EQ(text_at(put({{now(), "a"}}), "error"),
            "ResourceNotFoundException: The specified log group does not exist.");
  group_and_stream();
  EXPECT_EQ(text_at(put({{now() + 1, "a"}, {now(), "b"}}), "error"),
            "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.");
  EXPECT_EQ(text_at(put({{now() - 90'000'000, "a"}, {now(), "b"}}), "error"),
            "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than "
            "24 hours.");
  EXPECT_EQ(text_at(put({{now(), std::string(1'048'551, 'x')}}), "error"),
            "InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576");
  const json::object out = put({{now() - 15 * 86'400'000LL, "old"}, {now(), "good"}, {now() + 7'200'001, "new"}});
  EXPECT_EQ(json::serialize(out.at("rejectedLogEventsInfo")),
            R"({"tooNewLogEventStartIndex":2,"tooOldLogEventEndIndex":1})");
  EXPECT_EQ(messages(get({})), "good");
}

TEST_F(LogsTest, FilterInterleavesStreamsByTimeAndPages) {
  append("a", {{now(), "1 ERROR"}, {now() + 4, "3 ERROR"}});
  append("b", {{now() + 2, "2 ERROR"}, {now() + 3, "skip"}, {now() + 6, "4 ERROR"}});
  json::object query{{"logGroupName", "/aws/lambda/fn"}, {"filterPattern", "ERROR -5"}, {"limit", 3}};
  const json::object first = ok("FilterLogEvents", query);
  EXPECT_EQ(messages(first), "1 ERROR 2 ERROR 3 ERROR");
  query["nextToken"] = first.at("nextToken");
  const json::object second = ok("FilterLogEvents", query);
  EXPECT_EQ(messages(second), "4 ERROR");
  EXPECT_FALSE(second.contains("nextToken"));

  const auto filter = [&](json::object more) {
    more["logGroupIdentifier"] = "/aws/lambda/fn";
    return messages(ok("FilterLogEvents", std::move(more)));
  };
  EXPECT_EQ(filter({{"logStreamNames", {"a"}}}), "1 ERROR 3 ERROR");
  EXPECT_EQ(filter({{"logStreamNamePrefix", "b"}}), "2 ERROR skip 4 ERROR");
  EXPECT_EQ(filter({{"startTime", now() + 2}, {"endTime", now() + 4}}),
            "2 ERROR skip 3 ERROR");  // the end is inclusive
  EXPECT_EQ(filter({{"startFromHead", false}, {"startTime", now()}, {"limit", 2}}), "4 ERROR 3 ERROR");
  EXPECT_TRUE(error("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}, {"filterPattern", "{ $.a = 1 }"}})
                  .starts_with("InvalidParameterException: "));
}

TEST_F(LogsTest, FilterReachesBehindManyEventsThatDoNotMatch) {
  std::vector<LogEvent> events(3500, LogEvent{now(), "noise"});
  events.push_back({now(), "needle"});
  append("s", std::move(events));
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}, {"filterPattern", "needle"}})),
            "needle");
}

TEST_F(LogsTest, ADeletedStreamIsGoneAtOnceAndItsBytesLater) {
  append("a", {{now(), "one"}});
  append("b", {{now(), "two"}});
  ok("DeleteLogStream", {{"logGroupName", "/aws/lambda/fn"}, {"logStreamName", "a"}});
  ok("CreateLogStream", {{"logGroupName", "/aws/lambda/fn"}, {"logStreamName", "a"}});
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})), "two");
  run(observe->maintain());
  EXPECT_EQ(ok("DescribeLogGroups", {}).at("logGroups").at(0).at("storedBytes").to_number<int>(), 29);
}

TEST_F(LogsTest, ADeletedGroupLeavesNothingBehind) {
  append("a", std::vector<LogEvent>(2500, LogEvent{now(), "one"}));
  ok("DeleteLogGroup", {{"logGroupName", "/aws/lambda/fn"}});
  EXPECT_EQ(error("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}}),
            "ResourceNotFoundException: The specified log group does not exist.");
  run(observe->maintain());
  auto body = [](store::Reader& reader) { return reader.scan(store::Range::of_prefix("o"))->valid(); };
  EXPECT_FALSE(run(store->read(body)));
}

TEST_F(LogsTest, RetentionHidesAndThenRemovesExpiredEvents) {
  EXPECT_TRUE(
      error("PutRetentionPolicy", {{"logGroupName", "/aws/lambda/fn"}, {"retentionInDays", 2}})
          .starts_with("InvalidParameterException: 1 validation error detected: Value '2' at 'retentionInDays'"));
  append("a", std::vector<LogEvent>(2500, LogEvent{now(), "old"}));
  ok("DescribeLogGroups", {});
  ok("PutRetentionPolicy", {{"logGroupName", "/aws/lambda/fn"}, {"retentionInDays", 1}});
  clock.advance(25h);
  append("a", {{now(), "young"}});
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})), "young");
  run(observe->maintain());
  ok("DeleteRetentionPolicy", {{"logGroupName", "/aws/lambda/fn"}});
  EXPECT_EQ(messages(ok("FilterLogEvents", {{"logGroupName", "/aws/lambda/fn"}})), "young");
  EXPECT_EQ(ok("DescribeLogGroups", {}).at("logGroups").at(0).at("storedBytes").to_number<int>(), 31);
}

}  // namespace
}  // namespace brume::observe
