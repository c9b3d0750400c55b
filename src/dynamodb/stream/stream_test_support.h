// For the tests of streams: a table with a stream, and readers of it.
#pragma once

#include <thread>

#include "dynamodb/test_service.h"

namespace brume::dynamodb {

class StreamTest : public DynamoDbTest {
 protected:
  static Options fast() {
    Options options = TestService::immediate();
    options.stream_upkeep_interval = std::chrono::milliseconds(2);
    options.expiry_sweep_interval = std::chrono::milliseconds(2);
    return options;
  }
  explicit StreamTest(Options options = fast()) : DynamoDbTest(options) {}

  using Json = boost::json::object;
  using Records = std::vector<Json>;

  /// Enables the stream of `hash`; returns its ARN.
  std::string enable(std::string_view view = "NEW_AND_OLD_IMAGES") {
    db.ok("UpdateTable", R"({"TableName":"hash","StreamSpecification":{"StreamEnabled":true,"StreamViewType":")" +
                             std::string(view) + R"("}})");
    return text_of(table("hash"), "LatestStreamArn");
  }
  void disable() { db.ok("UpdateTable", R"({"TableName":"hash","StreamSpecification":{"StreamEnabled":false}})"); }

  void put(std::string_view id, int value) {
    db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":")" + std::string(id) + R"("},"v":{"N":")" +
                         std::to_string(value) + R"("}}})");
  }
  void remove(std::string_view id) {
    db.ok("DeleteItem", R"({"TableName":"hash","Key":{"id":{"S":")" + std::string(id) + R"("}}})");
  }

  Json describe(const std::string& arn, std::string_view more = "") {
    Json answer = db.ok("DescribeStream", R"({"StreamArn":")" + arn + "\"" + std::string(more) + "}");
    return answer.at("StreamDescription").as_object();
  }
  std::string status(const std::string& arn) { return text_of(describe(arn), "StreamStatus"); }
  std::vector<std::string> shard_ids(const std::string& arn, std::string_view more = "") {
    std::vector<std::string> ids;
    const Json stream = describe(arn, more);
    for (const auto& shard : stream.at("Shards").as_array()) ids.push_back(text_of(shard.as_object(), "ShardId"));
    return ids;
  }

  static std::string iterator_request(const std::string& arn, const std::string& shard, std::string_view type,
                                      std::string_view more = "") {
    return R"({"StreamArn":")" + arn + R"(","ShardId":")" + shard + R"(","ShardIteratorType":")" + std::string(type) +
           "\"" + std::string(more) + "}";
  }
  std::string iterator(const std::string& arn, const std::string& shard, std::string_view type,
                       std::string_view more = "") {
    return text_of(db.ok("GetShardIterator", iterator_request(arn, shard, type, more)), "ShardIterator");
  }
  static std::string records_request(const std::string& iterator, int limit = 1000) {
    return R"({"ShardIterator":")" + iterator + R"(","Limit":)" + std::to_string(limit) + "}";
  }

  /// One page; `iterator` becomes the next one, "" at the end of a closed shard.
  Records page(std::string& iterator, int limit = 1000) {
    Json answer = db.ok("GetRecords", records_request(iterator, limit));
    iterator = answer.contains("NextShardIterator") ? text_of(answer, "NextShardIterator") : "";
    Records records;
    for (auto& record : answer.at("Records").as_array()) records.push_back(record.as_object());
    return records;
  }
  /// Everything from `iterator` to the end, or to an empty page.
  Records read(std::string iterator, int limit = 1000) {
    Records all;
    while (!iterator.empty()) {
      Records some = page(iterator, limit);
      if (some.empty()) break;
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  /// All records of all shards, in order.
  Records read_all(const std::string& arn, int limit = 1000) {
    Records all;
    for (const std::string& shard : shard_ids(arn)) {
      Records some = read(iterator(arn, shard, "TRIM_HORIZON"), limit);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  static std::string text_of(const Json& o, std::string_view name) { return std::string(o.at(name).as_string()); }
  static Json body_of(const Json& record) { return record.at("dynamodb").as_object(); }
  static std::string key_of(const Json& record) {
    return std::string(record.at("dynamodb").at("Keys").at("id").at("S").as_string());
  }
  static std::string sequence_number_of(const Json& record) { return text_of(body_of(record), "SequenceNumber"); }
  /// "INSERT a", "MODIFY b", …
  static std::vector<std::string> events(const Records& records) {
    std::vector<std::string> all;
    for (const Json& record : records) all.push_back(text_of(record, "eventName") + " " + key_of(record));
    return all;
  }
  static std::vector<std::string> keys(const Records& records) {
    std::vector<std::string> all;
    for (const Json& record : records) all.push_back(key_of(record));
    return all;
  }

  /// Waits for what the background does; bounded.
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
};

}  // namespace brume::dynamodb
