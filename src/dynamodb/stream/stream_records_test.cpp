// What the records of a stream hold, and how they are read.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "dynamodb/stream/stream_test_support.h"

namespace brume::dynamodb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StreamRecords : public StreamTest {};

TEST_F(StreamRecords, TellWhatHappenedToEachItem) {
  const std::string arn = enable();
  put("a", 1);
  put("a", 2);
  remove("a");
  const Records records = read_all(arn);
  ASSERT_THAT(events(records), ElementsAre("INSERT a", "MODIFY a", "REMOVE a"));
  const Json& insert = records[0];
  EXPECT_EQ(text_of(insert, "eventVersion"), "1.1");
  EXPECT_EQ(text_of(insert, "eventSource"), "aws:dynamodb");
  EXPECT_EQ(text_of(insert, "awsRegion"), "us-east-1");
  EXPECT_EQ(text_of(insert, "eventID").size(), 32u);
  EXPECT_NE(text_of(insert, "eventID"), text_of(records[1], "eventID"));
  EXPECT_FALSE(insert.contains("userIdentity"));
  EXPECT_EQ(body_of(insert).at("ApproximateCreationDateTime").to_number<std::int64_t>(), 1'700'000'000);
  EXPECT_EQ(text_of(body_of(insert), "StreamViewType"), "NEW_AND_OLD_IMAGES");
  EXPECT_FALSE(body_of(insert).contains("OldImage"));
  EXPECT_EQ(body_of(records[1]).at("OldImage"), json_of(R"({"id":{"S":"a"},"v":{"N":"1"}})"));
  EXPECT_EQ(body_of(records[1]).at("NewImage"), json_of(R"({"id":{"S":"a"},"v":{"N":"2"}})"));
  EXPECT_FALSE(body_of(records[2]).contains("NewImage"));
  EXPECT_EQ(body_of(records[2]).at("OldImage"), json_of(R"({"id":{"S":"a"},"v":{"N":"2"}})"));
}

TEST_F(StreamRecords, HoldTheImagesOfTheirViewType) {
  struct Case {
    const char* view;
    std::vector<std::string> with_new, with_old;
  };
  for (const Case& c : {Case{"KEYS_ONLY", {}, {}}, Case{"NEW_IMAGE", {"INSERT a", "MODIFY a"}, {}},
                        Case{"OLD_IMAGE", {}, {"MODIFY a", "REMOVE a"}},
                        Case{"NEW_AND_OLD_IMAGES", {"INSERT a", "MODIFY a"}, {"MODIFY a", "REMOVE a"}}}) {
    const std::string arn = enable(c.view);
    put("a", 1);
    put("a", 2);
    remove("a");
    Records with_new, with_old;
    const Records all = read_all(arn);
    EXPECT_EQ(all.size(), 3u) << c.view;
    for (const Json& record : all) {
      EXPECT_EQ(body_of(record).at("Keys"), json_of(R"({"id":{"S":"a"}})"));
      EXPECT_EQ(text_of(body_of(record), "StreamViewType"), c.view);
      if (body_of(record).contains("NewImage")) with_new.push_back(record);
      if (body_of(record).contains("OldImage")) with_old.push_back(record);
    }
    EXPECT_EQ(events(with_new), c.with_new) << c.view;
    EXPECT_EQ(events(with_old), c.with_old) << c.view;
    disable();
  }
}

// The sizes are those of the example in the developer guide.
TEST_F(StreamRecords, SizesCountKeysAndImages) {
  db.ok("CreateTable", R"({"TableName":"sizes","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"Id","AttributeType":"N"}],
    "KeySchema":[{"AttributeName":"Id","KeyType":"HASH"}],
    "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})");
  db.ok("PutItem", R"({"TableName":"sizes","Item":{"Id":{"N":"101"},"Message":{"S":"New item!"}}})");
  db.ok("PutItem", R"({"TableName":"sizes","Item":{"Id":{"N":"101"},"Message":{"S":"This item has changed"}}})");
  db.ok("DeleteItem", R"({"TableName":"sizes","Key":{"Id":{"N":"101"}}})");
  std::vector<std::int64_t> sizes;
  for (const Json& record : read_all(text_of(table("sizes"), "LatestStreamArn")))
    sizes.push_back(body_of(record).at("SizeBytes").to_number<std::int64_t>());
  EXPECT_THAT(sizes, ElementsAre(26, 59, 38));
}

TEST_F(StreamRecords, OfCompositeKeysHoldBothAttributes) {
  db.ok("UpdateTable", R"({"TableName":"range",
    "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})");
  put_range("p", 7, R"(,"x":{"S":"y"})");
  db.ok("DeleteItem", R"({"TableName":"range","Key":{"pk":{"S":"p"},"sk":{"N":"7"}}})");
  const Records records = read_all(text_of(table("range"), "LatestStreamArn"));
  ASSERT_EQ(records.size(), 2u);
  for (const Json& record : records)
    EXPECT_EQ(body_of(record).at("Keys"), json_of(R"({"pk":{"S":"p"},"sk":{"N":"7"}})"));
}

TEST_F(StreamRecords, AreNotMadeByWritesThatChangeNothing) {
  const std::string arn = enable();
  put("a", 1);
  put("a", 1);
  db.ok("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"SET v = :v",
    "ExpressionAttributeValues":{":v":{"N":"1.0"}}})");
  db.ok("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE nothing"})");
  remove("absent");
  db.error("PutItem", R"-({"TableName":"hash","Item":{"id":{"S":"a"}},
    "ConditionExpression":"attribute_not_exists(id)"})-");
  EXPECT_THAT(events(read_all(arn)), ElementsAre("INSERT a"));
}

TEST_F(StreamRecords, OfATransactionAreAllThere) {
  const std::string arn = enable();
  put("gone", 1);
  db.ok("TransactWriteItems", R"({"TransactItems":[
    {"Put":{"TableName":"hash","Item":{"id":{"S":"x"}}}},
    {"Delete":{"TableName":"hash","Key":{"id":{"S":"gone"}}}},
    {"Put":{"TableName":"hash","Item":{"id":{"S":"y"}}}}]})");
  const Records records = read_all(arn, 1);  // pages may end between the records of a commit
  std::vector<std::string> seen = events(records);
  std::sort(seen.begin(), seen.end());
  EXPECT_THAT(seen, ElementsAre("INSERT gone", "INSERT x", "INSERT y", "REMOVE gone"));
}

TEST_F(StreamRecords, OfBatchesAndStatementsAreThere) {
  const std::string arn = enable("KEYS_ONLY");
  db.ok("BatchWriteItem", R"({"RequestItems":{"hash":[{"PutRequest":{"Item":{"id":{"S":"b1"}}}},
    {"PutRequest":{"Item":{"id":{"S":"b2"}}}}]}})");
  std::vector<std::string> seen = events(read_all(arn));
  std::sort(seen.begin(), seen.end());
  EXPECT_THAT(seen, ElementsAre("INSERT b1", "INSERT b2"));
}

TEST_F(StreamRecords, OfExpiredItemsNameTheService) {
  const std::string arn = enable();
  db.ok("UpdateTimeToLive", R"({"TableName":"hash","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}})");
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"old"},"ttl":{"N":"1700000005"}}})");
  db.clock.advance(std::chrono::seconds(10));
  ASSERT_TRUE(eventually([&] { return read_all(arn).size() == 2; }));
  const Records records = read_all(arn);
  EXPECT_FALSE(records[0].contains("userIdentity"));
  EXPECT_EQ(text_of(records[1], "eventName"), "REMOVE");
  EXPECT_EQ(records[1].at("userIdentity"), json_of(R"({"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})"));
  EXPECT_EQ(body_of(records[1]).at("ApproximateCreationDateTime").to_number<std::int64_t>(), 1'700'000'010);
}

TEST_F(StreamRecords, SequenceNumbersRiseAndAreLong) {
  const std::string arn = enable("KEYS_ONLY");
  for (int i = 0; i < 30; ++i) put("k" + std::to_string(i % 3), i);
  std::vector<std::string> numbers;
  for (const Json& record : read_all(arn, 7)) numbers.push_back(sequence_number_of(record));
  ASSERT_EQ(numbers.size(), 30u);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
  for (const std::string& number : numbers) {
    EXPECT_GE(number.size(), 21u);
    EXPECT_LE(number.size(), 40u);
    EXPECT_EQ(number.find_first_not_of("0123456789"), std::string::npos);
  }
}

TEST_F(StreamRecords, PagesEndAtTheLimitAndAtOneMegabyte) {
  const std::string arn = enable();
  const std::string large(300'000, 'x');
  for (int i = 0; i < 5; ++i)
    db.ok("PutItem",
          R"({"TableName":"hash","Item":{"id":{"S":"l)" + std::to_string(i) + R"("},"t":{"S":")" + large + R"("}}})");
  std::string at = iterator(arn, shard_ids(arn)[0], "TRIM_HORIZON");
  EXPECT_THAT(keys(page(at)), ElementsAre("l0", "l1", "l2"));
  EXPECT_THAT(keys(page(at, 1)), ElementsAre("l3"));
  EXPECT_THAT(keys(page(at)), ElementsAre("l4"));
  EXPECT_THAT(page(at), IsEmpty());
  put("later", 1);
  EXPECT_THAT(keys(page(at)), ElementsAre("later"));
}

TEST_F(StreamRecords, AreReadFromEveryKindOfIterator) {
  const std::string arn = enable("KEYS_ONLY");
  put("a", 1);
  db.clock.advance(std::chrono::seconds(10));
  put("b", 1);
  put("c", 1);
  const std::string shard = shard_ids(arn)[0];
  const std::string latest = iterator(arn, shard, "LATEST");
  db.clock.advance(std::chrono::seconds(10));
  put("d", 1);
  const Records all = read_all(arn);
  const std::string second = R"(,"SequenceNumber":")" + sequence_number_of(all.at(1)) + "\"";
  EXPECT_THAT(keys(all), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(keys(read(latest)), ElementsAre("d"));
  EXPECT_THAT(keys(read(iterator(arn, shard, "AT_SEQUENCE_NUMBER", second))), ElementsAre("b", "c", "d"));
  EXPECT_THAT(keys(read(iterator(arn, shard, "AFTER_SEQUENCE_NUMBER", second))), ElementsAre("c", "d"));
  auto at_time = [&](const std::string& time) {
    return keys(read(iterator(arn, shard, "AT_TIMESTAMP", ",\"Timestamp\":" + time)));
  };
  EXPECT_THAT(at_time("1600000000"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(at_time("1700000000"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(at_time("1700000000.001"), ElementsAre("b", "c", "d"));
  EXPECT_THAT(at_time("1700000010"), ElementsAre("b", "c", "d"));
  EXPECT_THAT(at_time("1700000015.5"), ElementsAre("d"));
  db.clock.advance(std::chrono::seconds(1));
  EXPECT_THAT(at_time("1700000020.5"), IsEmpty());
}

TEST_F(StreamRecords, StartingSequenceNumberOfAShardLeadsToItsFirstRecord) {
  const std::string arn = enable("KEYS_ONLY");
  put("a", 1);
  const Json shard = describe(arn).at("Shards").at(0).as_object();
  const std::string start = text_of(shard.at("SequenceNumberRange").as_object(), "StartingSequenceNumber");
  EXPECT_THAT(keys(read(iterator(arn, text_of(shard, "ShardId"), "AT_SEQUENCE_NUMBER",
                                 R"(,"SequenceNumber":")" + start + "\""))),
              ElementsAre("a"));
}

TEST_F(StreamRecords, IteratorsExpireAfterFifteenMinutes) {
  const std::string arn = enable("KEYS_ONLY");
  const std::string at = iterator(arn, shard_ids(arn)[0], "LATEST");
  db.clock.advance(std::chrono::minutes(15));
  EXPECT_EQ(db.call("GetRecords", records_request(at)).error, "");
  db.clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(db.call("GetRecords", records_request(at)).error, "ExpiredIteratorException");
}

TEST_F(StreamRecords, WrongIteratorsAndNumbersAreRefused) {
  const std::string arn = enable("KEYS_ONLY");
  const std::string shard = shard_ids(arn)[0];
  auto error = [&](const std::string& request) { return db.error("GetShardIterator", request); };
  EXPECT_EQ(db.error("GetRecords", records_request("no-iterator")), "ValidationException: Invalid ShardIterator");
  std::string forged = iterator(arn, shard, "LATEST");
  forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(db.error("GetRecords", records_request(forged)), "ValidationException: Invalid ShardIterator");
  EXPECT_EQ(db.error("GetRecords", records_request(iterator(arn, shard, "LATEST"), 1001)),
            "ValidationException: 1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: "
            "Member must have value less than or equal to 1000");
  EXPECT_EQ(error(iterator_request("sdfadfsdfnlfkajakfgjalksfgklasjklasdjfklasdf", shard, "LATEST")),
            "ValidationException: Invalid StreamArn");
  EXPECT_EQ(error(iterator_request(arn + "9", shard, "LATEST")),
            "ResourceNotFoundException: Requested resource not found: Stream: " + arn + "9 not found");
  const std::string other = shard.substr(0, shard.size() - 1) + (shard.back() == '0' ? '1' : '0');
  EXPECT_THAT(error(iterator_request(arn, other, "LATEST")), testing::StartsWith("ResourceNotFoundException: "));
  EXPECT_THAT(error(iterator_request(arn, shard, "AT_SEQUENCE_NUMBER")), testing::StartsWith("ValidationException: "));
  EXPECT_THAT(error(iterator_request(arn, shard, "LATEST", R"(,"SequenceNumber":"100000000000000000000000")")),
              testing::StartsWith("ValidationException: "));
  EXPECT_THAT(error(iterator_request(arn, shard, "AT_SEQUENCE_NUMBER", R"(,"SequenceNumber":"100000000000000000000")")),
              testing::StartsWith("ValidationException: "));
  EXPECT_THAT(error(iterator_request(arn, shard, "AT_TIMESTAMP", R"(,"Timestamp":1700000001)")),
              testing::StartsWith("ValidationException: "));
}

TEST_F(StreamRecords, OfOtherAccountsCannotBeRead) {
  const std::string arn = enable("KEYS_ONLY");
  const std::string at = iterator(arn, shard_ids(arn)[0], "LATEST");
  db.account = "111111111111";
  EXPECT_EQ(db.call("GetRecords", records_request(at)).error, "AccessDeniedException");
  EXPECT_EQ(db.call("DescribeStream", R"({"StreamArn":")" + arn + "\"}").error, "AccessDeniedException");
  EXPECT_THAT(db.ok("ListStreams", "{}").at("Streams").as_array(), IsEmpty());
}

// While many write, a reader sees every record once, and those of an item in the order of its changes.
TEST_F(StreamRecords, NoneIsSkippedWhileOthersWrite) {
  constexpr int kWriters = 8, kWrites = 60;
  const std::string arn = enable("NEW_IMAGE");
  std::vector<std::thread> writers;
  std::atomic<int> done = 0;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      for (int i = 1; i <= kWrites; ++i) {
        const std::string id = "k" + std::to_string(w % 4);
        db.call("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":")" + id + R"("}},
          "UpdateExpression":"ADD v :one","ExpressionAttributeValues":{":one":{"N":"1"}}})",
                w % 2);
      }
      done += 1;
    });
  std::string at = iterator(arn, shard_ids(arn)[0], "TRIM_HORIZON");
  std::map<std::string, int> last;
  int count = 0;
  for (bool finished = false; !finished;) {
    finished = done == kWriters;
    for (Records records = page(at, 13); !records.empty(); records = page(at, 13))
      for (const Json& record : records) {
        const auto value = body_of(record).at("NewImage").at("v").at("N").as_string();
        EXPECT_EQ(std::stoi(std::string(value)), ++last[key_of(record)]);
        count += 1;
      }
  }
  for (std::thread& writer : writers) writer.join();
  for (const Json& record : read(at)) count += !key_of(record).empty();
  EXPECT_EQ(count, kWriters * kWrites);
}

TEST_F(StreamRecords, OfAcknowledgedWritesSurviveACrashExactlyOnce) {
  const std::string arn = enable("KEYS_ONLY");
  std::vector<std::string> written;
  auto write = [&](int from) {
    for (int i = from; i < from + 50; ++i) {
      written.push_back("k" + std::to_string(i));
      put(written.back(), i);
    }
  };
  write(0);
  std::string at = iterator(arn, shard_ids(arn)[0], "TRIM_HORIZON");
  Records records = page(at, 30);
  db.crash();
  write(50);
  db.restart();
  write(100);
  const Records rest = read(at);
  records.insert(records.end(), rest.begin(), rest.end());
  EXPECT_EQ(keys(records), written);
  EXPECT_EQ(keys(read_all(arn)), written);
}

}  // namespace
}  // namespace brume::dynamodb
