#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

using BatchGetItem = DynamoDbTest;
using BatchWriteItem = DynamoDbTest;

std::string put_request(std::string_view id, std::string_view more = "") {
  return R"({"PutRequest":{"Item":{"id":{"S":")" + std::string(id) + R"("})" + std::string(more) + "}}}";
}
std::string delete_request(std::string_view id) {
  return R"({"DeleteRequest":{"Key":{"id":{"S":")" + std::string(id) + R"("}}}})";
}
std::string list(const std::vector<std::string>& entries) {
  std::string text = "[";
  for (const std::string& entry : entries) text += (text.size() > 1 ? "," : "") + entry;
  return text + "]";
}
std::string writes(const std::vector<std::string>& entries, std::string_view more = "") {
  return R"({"RequestItems":{"hash":)" + list(entries) + "}" + std::string(more) + "}";
}
std::string key(std::string_view id) { return R"({"id":{"S":")" + std::string(id) + R"("}})"; }
std::string reads(const std::vector<std::string>& keys, std::string_view more = "") {
  return R"({"RequestItems":{"hash":{"Keys":)" + list(keys) + std::string(more) + "}}}";
}

TEST_F(BatchWriteItem, PutsAndDeletesInSeveralTables) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"old"}}})");
  EXPECT_EQ(db.ok("BatchWriteItem", R"({"RequestItems":{"hash":[)" + put_request("a") + "," + delete_request("old") +
                                        R"(],"range":[{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}}]},
                                        "ReturnConsumedCapacity":"TOTAL"})"),
            json_of(R"({"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"hash","CapacityUnits":2.0},
                                                                  {"TableName":"range","CapacityUnits":1.0}]})"));
  EXPECT_EQ(item_count("hash"), 1);
  EXPECT_EQ(item_count("range"), 1);
}

TEST_F(BatchWriteItem, RefusesWhatAwsRefuses) {
  auto error = [&](std::string_view body) { return db.error("BatchWriteItem", body); };
  EXPECT_EQ(error("{}"),
            "ValidationException: 1 validation error detected: Value null at 'requestItems' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(error(R"({"RequestItems":{}})"),
            "ValidationException: The requestItems parameter is required for BatchWriteItem");
  EXPECT_EQ(error(writes({})),
            "ValidationException: 1 validation error detected: Value '{hash=[]}' at 'requestItems' failed to satisfy "
            "constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member "
            "must have length greater than or equal to 1]");
  EXPECT_EQ(error(writes({"{}"})),
            "ValidationException: Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes");
  EXPECT_EQ(error(writes({put_request("a"), delete_request("a")})),
            "ValidationException: Provided list of item keys contains duplicates");
  EXPECT_EQ(error(R"({"RequestItems":{"absent":[)" + put_request("a") + "," + delete_request("a") + "]}}"),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(error(R"({"RequestItems":{"hash":[{"PutRequest":{"Item":{"id":{"N":"5"}}}}]}})"),
            "ValidationException: The provided key element does not match the schema");
  EXPECT_EQ(error(R"({"RequestItems":{"hash":[{"PutRequest":{"Item":{"x":{"N":"5"}}}}]}})"),
            "ValidationException: The provided key element does not match the schema");
  EXPECT_EQ(error(writes({put_request("")})),
            "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: id");
  EXPECT_EQ(error(writes({put_request("a", R"(,"v":{"S":")" + std::string(410'000, 'x') + R"("})")})),
            "ValidationException: Item size has exceeded the maximum allowed size");
  EXPECT_EQ(error(R"({"RequestItems":{"bad!":[{"PutRequest":{}}]},"ReturnConsumedCapacity":"B"})"),
            "ValidationException: 1 validation error detected: Value 'B' at 'returnConsumedCapacity' failed to satisfy "
            "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]");
  EXPECT_EQ(
      error(R"({"RequestItems":{"hash":[{"PutRequest":{}}]}})"),
      "ValidationException: 1 validation error detected: Value null at "
      "'requestItems.hash.member.1.member.putRequest.item' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(item_count("hash"), 0);
}

TEST_F(BatchWriteItem, TakesTwentyFive) {
  std::vector<std::string> entries;
  for (int i = 0; i < 26; ++i) entries.push_back(put_request(std::to_string(i)));
  std::string error = db.error("BatchWriteItem", writes(entries));
  EXPECT_TRUE(error.find("Value '{hash=[WriteRequest(putRequest=PutRequest(item={id=") != std::string::npos) << error;
  std::string more = entries.back();
  entries.pop_back();
  EXPECT_EQ(db.error("BatchWriteItem", R"({"RequestItems":{"hash":)" + list(entries) + R"(,"range":[)" + more + "]}}"),
            "ValidationException: Too many items requested for the BatchWriteItem call");
  db.ok("BatchWriteItem", writes(entries));
  EXPECT_EQ(item_count("hash"), 25);
}

TEST_F(BatchGetItem, ReadsFromSeveralTables) {
  put_range("p", 1, R"(,"v":{"S":"x"})");
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"S":"y"}}})");
  EXPECT_EQ(db.ok("BatchGetItem", R"({"RequestItems":{
      "hash":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"gone"}}],"ProjectionExpression":"#v",
              "ExpressionAttributeNames":{"#v":"v"}},
      "range":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"1.0"}}],"ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"})"),
            json_of(R"({"Responses":{"hash":[{"v":{"S":"y"}}],"range":[{"pk":{"S":"p"},"sk":{"N":"1"},"v":{"S":"x"}}]},
      "UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":"hash","CapacityUnits":1.0},
                                               {"TableName":"range","CapacityUnits":1.0}]})"));
}

TEST_F(BatchGetItem, RefusesWhatAwsRefuses) {
  auto error = [&](std::string_view body) { return db.error("BatchGetItem", body); };
  EXPECT_EQ(error(R"({"RequestItems":{}})"),
            "ValidationException: The requestItems parameter is required for BatchGetItem");
  EXPECT_EQ(error(reads({key("a"), key("a")})), "ValidationException: Provided list of item keys contains duplicates");
  EXPECT_EQ(
      error(
          R"({"RequestItems":{"range":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}},{"sk":{"N":"1.0"},"pk":{"S":"a"}}]}}})"),
      "ValidationException: Provided list of item keys contains duplicates");
  EXPECT_EQ(error(reads({})),
            "ValidationException: 1 validation error detected: Value at 'RequestItems.hash.member.Keys' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1");
  std::vector<std::string> keys;
  for (int i = 0; i < 101; ++i) keys.push_back(key(std::to_string(i)));
  EXPECT_EQ(error(reads(keys)),
            "ValidationException: 1 validation error detected: Value at 'RequestItems.hash.member.Keys' failed to "
            "satisfy constraint: Member must have length less than or equal to 100");
  keys.pop_back();
  EXPECT_EQ(error(R"({"RequestItems":{"hash":{"Keys":)" + list(keys) + R"(},"hash2":{"Keys":[{"id":{"S":"a"}}]}}})"),
            "ValidationException: Too many items requested for the BatchGetItem call");
  EXPECT_EQ(error(R"({"RequestItems":{"absent":{"Keys":[{"id":{"S":"a"}}]}}})"),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(error(reads({R"({"id":{"N":"1"}})"})),
            "ValidationException: The provided key element does not match the schema");
  EXPECT_EQ(
      error(R"({"RequestItems":{"b!":{"Keys":[{"pk":{"S":"a"}}]}},"ReturnConsumedCapacity":"BOGUS"})"),
      "ValidationException: 2 validation errors detected: Value '{\"b!\":{\"Keys\":[{\"pk\":{\"S\":\"a\"}}]}}' at "
      "'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length "
      "less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular "
      "expression pattern: [a-zA-Z0-9_.-]+]; Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy "
      "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]");
  EXPECT_EQ(error(R"({"RequestItems":{"hash":{"Keys":[{"id":{"S":"a"}}],"ProjectionExpression":"a"},
                                      "range":{"Keys":[{"pk":{"S":"a"}}],"AttributesToGet":["a"]}}})"),
            "ValidationException: Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}");
  EXPECT_EQ(error(reads({key("a"), R"({"id":{"S":5}})", key("a")})).substr(0, 22), "SerializationException");
}

TEST_F(BatchGetItem, LeavesKeysUnprocessedWhenTheReplyIsFull) {
  constexpr int kItems = 45;
  const std::string value(400'000, 'x');
  std::vector<std::string> keys;
  for (int i = 0; i < kItems; ++i) {
    db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":")" + std::to_string(i) + R"("},"v":{"S":")" + value +
                         R"("},"w":{"N":")" + std::to_string(i) + R"("}}})");
    keys.push_back(key(std::to_string(i)));
  }
  std::string more = R"(,"ConsistentRead":true,"ProjectionExpression":"id, #w","ExpressionAttributeNames":{"#w":"w"})";
  auto reply = db.ok("BatchGetItem", reads(keys, more));
  const std::size_t first = reply.at("Responses").at("hash").as_array().size();
  EXPECT_EQ(first, 16 * 1024 * 1024 / 400'000);
  boost::json::object left = reply.at("UnprocessedKeys").at("hash").as_object();
  EXPECT_EQ(left.at("Keys").as_array().size(), kItems - first);
  EXPECT_TRUE(left.at("ConsistentRead").as_bool());
  EXPECT_EQ(left.at("ProjectionExpression").as_string(), "id, #w");
  // What came back is a request.
  auto rest =
      db.ok("BatchGetItem", boost::json::serialize(boost::json::object{{"RequestItems", reply.at("UnprocessedKeys")}}));
  EXPECT_EQ(rest.at("Responses").at("hash").as_array().size(), kItems - first);
  EXPECT_TRUE(rest.at("UnprocessedKeys").as_object().empty());
  EXPECT_EQ(rest.at("Responses").at("hash").at(0).at("w").at("N").as_string(), std::to_string(first));
}

}  // namespace
}  // namespace brume::dynamodb
