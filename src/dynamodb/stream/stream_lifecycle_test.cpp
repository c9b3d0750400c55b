// Streams that are enabled, disabled and deleted with their table; shards that follow one another; trimming.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "dynamodb/stream/shards.h"
#include "dynamodb/stream/stream_test_support.h"

namespace brume::dynamodb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using std::chrono::hours;
using std::chrono::minutes;

class StreamLifecycle : public StreamTest {
 protected:
  std::string update_error(std::string_view specification) {
    return db.error("UpdateTable", R"({"TableName":"hash","StreamSpecification":)" + std::string(specification) + "}");
  }
  std::vector<std::string> listed(std::string_view more = "") {
    std::vector<std::string> arns;
    const Json answer = db.ok("ListStreams", R"({"TableName":"hash")" + std::string(more) + "}");
    for (const auto& stream : answer.at("Streams").as_array()) arns.push_back(text_of(stream.as_object(), "StreamArn"));
    return arns;
  }
  bool exists(const std::string& arn) {
    return db.call("DescribeStream", R"({"StreamArn":")" + arn + "\"}").error.empty();
  }
  /// What the store holds of the streams of a table.
  std::vector<std::pair<std::string, std::string>> entries(std::uint32_t id) {
    auto body = [&](store::Reader& reader) {
      std::vector<std::pair<std::string, std::string>> found;
      for (auto cursor = reader.scan(stream_records(TableId(id))); cursor->valid(); cursor->next())
        found.emplace_back(cursor->key(), cursor->value());
      return found;
    };
    return store::testing::run_task((*db.store()).read(body));
  }
  std::size_t entries_of_streams() {
    std::size_t count = 0;
    for (std::uint32_t id = 1; id < 10; ++id) count += entries(id).size();
    return count;
  }
};

TEST_F(StreamLifecycle, TableDescriptionShowsTheStream) {
  EXPECT_FALSE(table("hash").contains("StreamSpecification"));
  EXPECT_FALSE(table("hash").contains("LatestStreamArn"));
  const std::string arn = enable("OLD_IMAGE");
  EXPECT_EQ(table("hash").at("StreamSpecification"), json_of(R"({"StreamEnabled":true,"StreamViewType":"OLD_IMAGE"})"));
  EXPECT_EQ(text_of(table("hash"), "LatestStreamLabel"), "2023-11-14T22:13:20.000");
  EXPECT_EQ(arn, "arn:aws:dynamodb:us-east-1:000000000000:table/hash/stream/2023-11-14T22:13:20.000");
  disable();
  EXPECT_FALSE(table("hash").contains("StreamSpecification"));
  EXPECT_EQ(text_of(table("hash"), "LatestStreamArn"), arn);
}

TEST_F(StreamLifecycle, WrongSpecificationsAreRefusedInAwsWords) {
  EXPECT_EQ(update_error(R"({"StreamEnabled":false})"),
            "ValidationException: Table has no stream to disable: TableName: hash");
  EXPECT_EQ(update_error(R"({"StreamEnabled":true})"),
            "ValidationException: One or more parameter values were invalid: If stream is being enabled then "
            "UpdateViewType is required");
  EXPECT_EQ(update_error(R"({"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"})"),
            "ValidationException: One or more parameter values were invalid: If stream is being disabled, then "
            "UpdateViewType must not be specified");
  enable();
  for (const char* view : {"NEW_AND_OLD_IMAGES", "KEYS_ONLY"})
    EXPECT_EQ(update_error(R"({"StreamEnabled":true,"StreamViewType":")" + std::string(view) + "\"}"),
              "ValidationException: Table already has an enabled stream: TableName: hash");
  disable();
  EXPECT_EQ(update_error(R"({"StreamEnabled":false})"),
            "ValidationException: Table has no stream to disable: TableName: hash");
}

TEST_F(StreamLifecycle, DescribeStreamShowsAllOfIt) {
  const std::string arn = enable("KEYS_ONLY");
  const Json stream = describe(arn);
  EXPECT_EQ(text_of(stream, "StreamArn"), arn);
  EXPECT_EQ(text_of(stream, "StreamLabel"), "2023-11-14T22:13:20.000");
  EXPECT_EQ(text_of(stream, "StreamStatus"), "ENABLED");
  EXPECT_EQ(text_of(stream, "StreamViewType"), "KEYS_ONLY");
  EXPECT_EQ(stream.at("CreationRequestDateTime").to_number<double>(), 1'700'000'000.0);
  EXPECT_EQ(text_of(stream, "TableName"), "hash");
  EXPECT_EQ(stream.at("KeySchema"), boost::json::parse(R"([{"AttributeName":"id","KeyType":"HASH"}])"));
  ASSERT_EQ(stream.at("Shards").as_array().size(), 1u);
  const Json shard = stream.at("Shards").at(0).as_object();
  EXPECT_GE(text_of(shard, "ShardId").size(), 28u);
  EXPECT_LE(text_of(shard, "ShardId").size(), 65u);
  EXPECT_FALSE(shard.contains("ParentShardId"));
  EXPECT_FALSE(shard.at("SequenceNumberRange").as_object().contains("EndingSequenceNumber"));
  EXPECT_EQ(db.error("DescribeStream", R"({"StreamArn":")" + arn + R"(","Limit":101})"),
            "ValidationException: 1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: "
            "Member must have value less than or equal to 100");
}

TEST_F(StreamLifecycle, DisabledStreamIsReadToItsEndAndThenGoes) {
  const std::string first = enable("KEYS_ONLY");
  put("a", 1);
  disable();
  put("unseen", 1);
  ASSERT_TRUE(eventually([&] { return status(first) == "DISABLED"; }));
  std::string at = iterator(first, shard_ids(first)[0], "TRIM_HORIZON");
  EXPECT_THAT(keys(page(at, 1)), ElementsAre("a"));
  if (!at.empty()) {
    EXPECT_THAT(page(at), IsEmpty());
  }
  EXPECT_EQ(at, "");
  const Json shard = describe(first).at("Shards").at(0).as_object();
  EXPECT_TRUE(shard.at("SequenceNumberRange").as_object().contains("EndingSequenceNumber"));

  const std::string second = enable("NEW_IMAGE");
  EXPECT_NE(second, first);
  put("b", 1);
  EXPECT_THAT(listed(), ElementsAre(first, second));
  EXPECT_THAT(keys(read_all(first)), ElementsAre("a"));
  EXPECT_THAT(keys(read_all(second)), ElementsAre("b"));
  db.clock.advance(hours(24) - minutes(1));
  EXPECT_TRUE(exists(first));
  db.clock.advance(minutes(1));
  EXPECT_FALSE(exists(first));
  EXPECT_THAT(listed(), ElementsAre(second));
}

TEST_F(StreamLifecycle, StreamsOfADeletedTableAreReadableForADay) {
  const std::string arn = enable();
  put("a", 1);
  db.ok("DeleteTable", R"({"TableName":"hash"})");
  ASSERT_TRUE(eventually([&] { return db.call("DescribeTable", R"({"TableName":"hash"})").error != ""; }));
  ASSERT_TRUE(eventually([&] { return status(arn) == "DISABLED"; }));
  db.restart();
  EXPECT_THAT(listed(), ElementsAre(arn));
  EXPECT_THAT(events(read_all(arn)), ElementsAre("INSERT a"));

  db.clock.advance(minutes(1));
  db.ok("CreateTable", R"({"TableName":"hash","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}})");
  const std::string successor = text_of(table("hash"), "LatestStreamArn");
  put("b", 1);
  EXPECT_THAT(listed(), ElementsAre(arn, successor));
  EXPECT_THAT(keys(read_all(arn)), ElementsAre("a"));
  EXPECT_THAT(keys(read_all(successor)), ElementsAre("b"));

  db.ok("DeleteTable", R"({"TableName":"hash"})");
  db.clock.advance(hours(25));
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_TRUE(eventually([&] { return entries_of_streams() == 0; }));
  db.restart();
  EXPECT_EQ(entries_of_streams(), 0u);
}

TEST_F(StreamLifecycle, ACrashBeforeTheEndIsMadeUpFor) {
  const std::string arn = enable("KEYS_ONLY");
  put("a", 1);
  disable();
  db.crash();
  EXPECT_EQ(status(arn), "DISABLED");
  EXPECT_THAT(keys(read_all(arn)), ElementsAre("a"));
}

TEST_F(StreamLifecycle, ShardsFollowOneAnotherAndNothingIsLostBetween) {
  const std::string arn = enable("KEYS_ONLY");
  const std::string tail = iterator(arn, shard_ids(arn)[0], "LATEST");
  std::vector<std::string> written;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i) {
      written.push_back("k" + std::to_string(round * 3 + i));
      put(written.back(), i);
    }
    db.clock.advance(hours(4));
    ASSERT_TRUE(eventually([&] { return shard_ids(arn).size() == static_cast<std::size_t>(round) + 2; }));
  }
  const auto shards = describe(arn).at("Shards").as_array();
  std::string parent, former_end;
  for (const auto& value : shards) {
    const Json shard = value.as_object();
    const Json range = shard.at("SequenceNumberRange").as_object();
    EXPECT_EQ(shard.contains("ParentShardId") ? text_of(shard, "ParentShardId") : "", parent);
    EXPECT_LT(former_end, text_of(range, "StartingSequenceNumber"));
    parent = text_of(shard, "ShardId");
    former_end = range.contains("EndingSequenceNumber") ? text_of(range, "EndingSequenceNumber") : "open";
    const Records records = read(iterator(arn, parent, "TRIM_HORIZON"));
    for (const Json& record : records) {
      EXPECT_GE(sequence_number_of(record), text_of(range, "StartingSequenceNumber"));
      if (former_end != "open") {
        EXPECT_LE(sequence_number_of(record), former_end);
      }
    }
    EXPECT_EQ(records.size(), former_end == "open" ? 0u : 3u);
  }
  EXPECT_EQ(former_end, "open");
  EXPECT_EQ(keys(read_all(arn)), written);
  const std::vector<std::string> ids = shard_ids(arn);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_THAT(shard_ids(arn, R"(,"ShardFilter":{"Type":"CHILD_SHARDS","ShardId":")" + ids[1] + "\"}"),
              ElementsAre(ids[2]));
  EXPECT_THAT(shard_ids(arn, R"(,"Limit":2)"), ElementsAre(ids[0], ids[1]));
  EXPECT_EQ(text_of(describe(arn, R"(,"Limit":2)"), "LastEvaluatedShardId"), ids[1]);
  EXPECT_THAT(shard_ids(arn, R"(,"ExclusiveStartShardId":")" + ids[1] + "\""), ElementsAre(ids[2], ids[3]));
  EXPECT_FALSE(describe(arn, R"(,"ExclusiveStartShardId":")" + ids[1] + "\"").contains("LastEvaluatedShardId"));
  // The iterator of before the first shard was closed is too old by now, not wrong.
  EXPECT_EQ(db.call("GetRecords", records_request(tail)).error, "ExpiredIteratorException");
}

TEST_F(StreamLifecycle, AReaderGoesFromAShardToItsChildWithoutARepetition) {
  const std::string arn = enable("KEYS_ONLY");
  db.clock.advance(hours(4) - minutes(1));
  put("a", 1);
  const std::string parent = shard_ids(arn)[0];
  std::string at = iterator(arn, parent, "TRIM_HORIZON");
  EXPECT_THAT(keys(page(at)), ElementsAre("a"));
  put("b", 1);
  db.clock.advance(minutes(1));
  ASSERT_TRUE(eventually([&] { return shard_ids(arn).size() == 2; }));
  put("c", 1);
  EXPECT_THAT(keys(page(at)), ElementsAre("b"));
  EXPECT_EQ(at, "");
  EXPECT_THAT(keys(read(iterator(arn, shard_ids(arn)[1], "TRIM_HORIZON"))), ElementsAre("c"));
}

TEST_F(StreamLifecycle, OrderHoldsWhenTheClockGoesBack) {
  const std::string arn = enable("NEW_IMAGE");
  put("a", 1);
  db.clock.advance(hours(4));
  ASSERT_TRUE(eventually([&] { return shard_ids(arn).size() == 2; }));
  put("a", 2);
  db.clock.advance(-hours(3));
  put("a", 3);
  db.clock.advance(hours(8));
  ASSERT_TRUE(eventually([&] { return shard_ids(arn).size() >= 3; }));
  put("a", 4);
  std::vector<std::string> values;
  for (const Json& record : read_all(arn))
    values.emplace_back(body_of(record).at("NewImage").at("v").at("N").as_string());
  EXPECT_THAT(values, ElementsAre("1", "2", "3", "4"));
  const std::vector<std::string> ids = shard_ids(arn);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST_F(StreamLifecycle, RecordsAreTrimmedAfterADay) {
  const std::string arn = enable("KEYS_ONLY");
  const std::string first_shard = shard_ids(arn)[0];
  put("a", 1);
  put("b", 1);
  const std::string first = R"(,"SequenceNumber":")" + sequence_number_of(read_all(arn).at(0)) + "\"";
  db.clock.advance(hours(2));
  put("c", 1);
  db.clock.advance(hours(22) - minutes(10));
  ASSERT_THAT(keys(read_all(arn)), ElementsAre("a", "b", "c"));
  const std::string behind = iterator(arn, first_shard, "AT_SEQUENCE_NUMBER", first);
  const std::string oldest = iterator(arn, first_shard, "TRIM_HORIZON");
  db.clock.advance(minutes(10));
  ASSERT_TRUE(eventually([&] { return read_all(arn).size() == 1; }));
  EXPECT_EQ(db.error("GetRecords", records_request(behind)),
            "TrimmedDataAccessException: The data you are trying to access has been trimmed");
  EXPECT_EQ(db.call("GetShardIterator", iterator_request(arn, first_shard, "AT_SEQUENCE_NUMBER", first)).error,
            "TrimmedDataAccessException");
  EXPECT_THAT(keys(read(oldest)), ElementsAre("c"));
  db.restart();
  EXPECT_THAT(keys(read_all(arn)), ElementsAre("c"));
  db.clock.advance(hours(24));  // the shard was closed when the clock had jumped over its four hours
  EXPECT_TRUE(eventually([&] { return shard_ids(arn)[0] != first_shard; }));
  EXPECT_THAT(read_all(arn), IsEmpty());
  put("d", 1);
  EXPECT_THAT(keys(read_all(arn)), ElementsAre("d"));
}

TEST_F(StreamLifecycle, ManyRecordsAreTrimmedInChunks) {
  const std::string arn = enable("KEYS_ONLY");
  for (int i = 0; i < 2500; ++i) put("k" + std::to_string(i), i);
  db.clock.advance(hours(24));
  put("young", 1);
  auto first_page = [&] {
    std::string at = iterator(arn, shard_ids(arn)[0], "TRIM_HORIZON");
    return keys(page(at));
  };
  EXPECT_TRUE(eventually([&] { return first_page() == std::vector<std::string>{"young"}; }));
  EXPECT_THAT(keys(read_all(arn)), ElementsAre("young"));
}

TEST_F(StreamLifecycle, ListStreamsPages) {
  std::vector<std::string> arns;
  for (const char* name : {"a.b", "a", "a-b", "other"}) {
    db.ok("CreateTable", R"({"TableName":"t)" + std::string(name) + R"(xx","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
      "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}})");
    arns.push_back(text_of(table("t" + std::string(name) + "xx"), "LatestStreamArn"));
  }
  std::sort(arns.begin(), arns.end());
  std::vector<std::string> seen;
  std::string after;
  do {
    const Json answer = db.ok("ListStreams", R"({"Limit":1)" + after + "}");
    for (const auto& stream : answer.at("Streams").as_array()) seen.push_back(text_of(stream.as_object(), "StreamArn"));
    after.clear();
    if (answer.contains("LastEvaluatedStreamArn"))
      after = R"(,"ExclusiveStartStreamArn":")" + text_of(answer, "LastEvaluatedStreamArn") + "\"";
  } while (!after.empty());
  EXPECT_EQ(seen, arns);
  EXPECT_THAT(db.ok("ListStreams", R"({"TableName":"range"})").at("Streams").as_array(), IsEmpty());
  EXPECT_THAT(db.ok("ListStreams", R"({"TableName":"nowhere"})").at("Streams").as_array(), IsEmpty());
  EXPECT_EQ(db.error("ListStreams", R"({"ExclusiveStartStreamArn":"kossaapaaasdafsdaasdasdasdasasdasfadfadf"})"),
            "ValidationException: Invalid StreamArn");
}

TEST_F(StreamLifecycle, EntriesAreWellFormedAndDamageIsSeen) {
  enable();
  put("a", 1);
  put("a", 2);
  remove("a");
  db.clock.advance(hours(4));
  ASSERT_TRUE(eventually([&] { return shard_ids(text_of(table("hash"), "LatestStreamArn")).size() == 2; }));
  const auto found = entries(1);
  EXPECT_EQ(found.size(), 5u);
  for (const auto& [key, value] : found) {
    EXPECT_TRUE(is_well_formed_stream_record(key, value));
    EXPECT_FALSE(is_well_formed_stream_record(key, value.substr(0, value.size() - 1)));
    EXPECT_FALSE(is_well_formed_stream_record(key, value + "x"));
    EXPECT_FALSE(is_well_formed_stream_record(key + "x", value));
    EXPECT_FALSE(is_well_formed_stream_record(key, ""));
  }
}

class ShortShards : public StreamTest {
 protected:
  static Options short_shards() {
    Options options = fast();
    options.stream_shard_duration = minutes(1);
    return options;
  }
  ShortShards() : StreamTest(short_shards()) {}
};

// Shards change under the hands of writers; a reader that goes from parent to child sees each record once, in order.
TEST_F(ShortShards, NoRecordIsLostOrRepeatedWhileShardsChange) {
  constexpr int kWriters = 4, kWrites = 150;
  const std::string arn = enable("NEW_IMAGE");
  std::atomic<int> done = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < kWrites; ++i)
        db.call("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"k)" + std::to_string(w % 2) + R"("}},
          "UpdateExpression":"ADD v :one","ExpressionAttributeValues":{":one":{"N":"1"}}})",
                w % 2);
      done += 1;
    });
  std::map<std::string, int> last;
  int count = 0, shards = 1;
  std::string shard = shard_ids(arn)[0], at = iterator(arn, shard, "TRIM_HORIZON");
  while (count < kWriters * kWrites) {
    const bool finished = done == kWriters;
    const Records records = page(at, 9);
    for (const Json& record : records) {
      const auto value = body_of(record).at("NewImage").at("v").at("N").as_string();
      EXPECT_EQ(std::stoi(std::string(value)), ++last[key_of(record)]);
      count += 1;
    }
    if (at.empty()) {
      const auto next = shard_ids(arn, R"(,"ExclusiveStartShardId":")" + shard + "\"");
      ASSERT_FALSE(next.empty());
      shard = next[0];
      at = iterator(arn, shard, "TRIM_HORIZON");
      shards += 1;
    } else if (records.empty() && finished) {
      break;
    }
    if (!finished) db.clock.advance(std::chrono::seconds(20));
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(count, kWriters * kWrites);
  EXPECT_GT(shards, 1);
}

}  // namespace
}  // namespace brume::dynamodb
