#include <set>

#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

class Query : public DynamoDbTest {
 protected:
  void SetUp() override {
    DynamoDbTest::SetUp();
    for (int i = -2; i < 8; ++i) put_range("a", i, R"(,"odd":{"BOOL":)" + std::string(i % 2 ? "true" : "false") + "}");
    put_range("b", 1);
  }

  boost::json::object query(std::string_view condition, std::string_view values, std::string_view more = "") {
    return db.ok("Query", request(condition, values, more));
  }
  static std::string request(std::string_view condition, std::string_view values, std::string_view more = "") {
    return R"({"TableName":"range","KeyConditionExpression":")" + std::string(condition) +
           R"(","ExpressionAttributeValues":{":p":{"S":"a"})" + std::string(values) + "}" + std::string(more) + "}";
  }
  static std::string sort_keys(const boost::json::object& reply) {
    std::string all;
    for (const auto& item : reply.at("Items").as_array())
      all += (all.empty() ? "" : " ") + std::string(item.at("sk").at("N").as_string());
    return all;
  }
};

TEST_F(Query, ReadsOnePartitionInOrder) {
  auto reply = query("pk = :p", "");
  EXPECT_EQ(sort_keys(reply), "-2 -1 0 1 2 3 4 5 6 7");
  EXPECT_EQ(reply.at("Count"), 10);
  EXPECT_EQ(reply.at("ScannedCount"), 10);
  EXPECT_FALSE(reply.contains("LastEvaluatedKey"));
  EXPECT_EQ(sort_keys(query("pk = :p", "", R"(,"ScanIndexForward":false)")), "7 6 5 4 3 2 1 0 -1 -2");
}

TEST_F(Query, SortKeyConditionsAreRanges) {
  std::string three = R"(,":s":{"N":"3"})";
  EXPECT_EQ(sort_keys(query("pk = :p AND sk = :s", three)), "3");
  EXPECT_EQ(sort_keys(query("pk = :p AND sk < :s", three)), "-2 -1 0 1 2");
  EXPECT_EQ(sort_keys(query("pk = :p AND sk <= :s", three)), "-2 -1 0 1 2 3");
  EXPECT_EQ(sort_keys(query("pk = :p AND sk > :s", three)), "4 5 6 7");
  EXPECT_EQ(sort_keys(query("pk = :p AND sk >= :s", three)), "3 4 5 6 7");
  EXPECT_EQ(sort_keys(query("pk = :p AND sk BETWEEN :l AND :s", three + R"(,":l":{"N":"-1"})")), "-1 0 1 2 3");
}

TEST_F(Query, BeginsWithOnStrings) {
  db.ok("CreateTable", R"({"TableName":"words","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"w","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"w","KeyType":"RANGE"}]})");
  for (std::string word : {"ab", "abc", "ac", "b", "a"})
    db.ok("PutItem", R"({"TableName":"words","Item":{"p":{"S":"x"},"w":{"S":")" + word + R"("}}})");
  auto reply = db.ok("Query", R"j({"TableName":"words","KeyConditionExpression":"p = :p AND begins_with(w, :w)",
    "ExpressionAttributeValues":{":p":{"S":"x"},":w":{"S":"ab"}}})j");
  EXPECT_EQ(reply.at("Items"),
            boost::json::parse(R"([{"p":{"S":"x"},"w":{"S":"ab"}},{"p":{"S":"x"},"w":{"S":"abc"}}])"));
}

TEST_F(Query, LimitCountsBeforeTheFilter) {
  std::string filter = R"(,"FilterExpression":"odd = :t","Limit":4)";
  auto reply = query("pk = :p", R"(,":t":{"BOOL":true})", filter);
  EXPECT_EQ(sort_keys(reply), "-1 1");
  EXPECT_EQ(reply.at("ScannedCount"), 4);
  EXPECT_EQ(reply.at("LastEvaluatedKey"), json_of(R"({"pk":{"S":"a"},"sk":{"N":"1"}})"));
}

TEST_F(Query, GoesOnAfterAKeyWhoseItemIsGone) {
  db.ok("DeleteItem", R"({"TableName":"range","Key":{"pk":{"S":"a"},"sk":{"N":"3"}}})");
  std::string start = R"(,"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"N":"3"}})";
  EXPECT_EQ(sort_keys(query("pk = :p", "", start)), "4 5 6 7");
  EXPECT_EQ(sort_keys(query("pk = :p", "", start + R"(,"ScanIndexForward":false)")), "2 1 0 -1 -2");
}

TEST_F(Query, ChecksTheStartKey) {
  auto failure = [&](std::string_view condition, std::string_view values, std::string_view key) {
    return db.error("Query", request(condition, values, R"(,"ExclusiveStartKey":)" + std::string(key)));
  };
  std::string invalid = "ValidationException: The provided starting key is invalid";
  EXPECT_EQ(failure("pk = :p", "", R"({"pk":{"S":"a"}})"), invalid);
  EXPECT_EQ(failure("pk = :p", "", R"({"pk":{"S":"a"},"x":{"N":"1"}})"), invalid);
  EXPECT_EQ(failure("pk = :p", "", R"({"pk":{"S":"a"},"sk":{"S":"1"}})"),
            "ValidationException: The provided key element does not match the schema");
  EXPECT_EQ(failure("pk = :p", "", R"({"pk":{"S":""},"sk":{"N":"1"}})"),
            "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk");
  EXPECT_EQ(failure("pk = :p", "", R"({"pk":{"S":"b"},"sk":{"N":"1"}})"),
            "ValidationException: The provided starting key is outside query boundaries based on provided conditions");
  EXPECT_EQ(failure("pk = :p AND sk > :s", R"(,":s":{"N":"3"})", R"({"pk":{"S":"a"},"sk":{"N":"1"}})"),
            "ValidationException: The provided starting key does not match the range key predicate");
  EXPECT_EQ(failure("pk = :p AND sk > :s", R"(,":s":{"N":"3"})", R"({"pk":{"S":"b"},"sk":{"N":"4"}})"),
            "ValidationException: The query can return at most one row and cannot be restarted");
  // Of each key attribute, first the starting key, then the condition.
  EXPECT_EQ(failure("sk = :p", "", R"({"pk":{"S":"a"},"x":{"N":"4"}})"),
            "ValidationException: Query condition missed key schema element: pk");
  EXPECT_EQ(failure("sk = :p", "", R"({"x":{"S":"a"},"sk":{"N":"4"}})"), invalid);
}

TEST_F(Query, SelectsAndCounts) {
  auto reply = query("pk = :p", "", R"(,"Select":"COUNT","ReturnConsumedCapacity":"TOTAL")");
  EXPECT_EQ(reply,
            json_of(R"({"Count":10,"ScannedCount":10,"ConsumedCapacity":{"TableName":"range","CapacityUnits":0.5}})"));
  EXPECT_EQ(
      db.error("Query", request("pk = :p", "", R"(,"Select":"SPECIFIC_ATTRIBUTES")")),
      "ValidationException: 1 validation error detected: Must specify the AttributesToGet or ProjectionExpression "
      "when choosing to get SPECIFIC_ATTRIBUTES");
  EXPECT_EQ(db.error("Query", request("pk = :p", "", R"(,"Select":"COUNT","ProjectionExpression":"sk")")),
            "ValidationException: 1 validation error detected: Cannot specify the ProjectionExpression when choosing "
            "to get only the Count");
  EXPECT_EQ(db.error("Query", request("pk = :p", "", R"(,"Select":"ALL_PROJECTED_ATTRIBUTES")")),
            "ValidationException: 1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying "
            "using an IndexName");
  auto projected = query("pk = :p AND sk = :s", R"(,":s":{"N":"1"})", R"(,"ProjectionExpression":"odd")");
  EXPECT_EQ(projected.at("Items"), boost::json::parse(R"([{"odd":{"BOOL":true}}])"));
}

TEST_F(Query, ReportsAwsTexts) {
  EXPECT_EQ(
      db.error(
          "Query",
          R"({"TableName":"range","KeyConditionExpression":"sk = :v","ExpressionAttributeValues":{":v":{"N":"1"}}})"),
      "ValidationException: Query condition missed key schema element: pk");
  EXPECT_EQ(db.error("Query", R"({"TableName":"range"})"),
            "ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request.");
  EXPECT_EQ(
      db.error("Query", request("pk = :p", "", R"(,"Limit":0)")),
      "ValidationException: 1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must "
      "have value greater than or equal to 1");
  EXPECT_EQ(db.error("Query", request("pk = :p", "", R"(,"IndexName":"nope")")),
            "ValidationException: The table does not have the specified index: nope");
  EXPECT_EQ(db.error("Query", request("pk = :p", "", R"(,"FilterExpression":"sk > pk")")),
            "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key "
            "attribute: pk");
}

TEST_F(Query, PagesEndAtOneMegabyte) {
  for (int i = 0; i < 30; ++i) put_range("big", i, R"(,"v":{"S":")" + std::string(100'000, 'x') + R"("})");
  int pages = 0, items = 0;
  std::string start;
  for (;;) {
    auto reply = db.ok("Query", R"({"TableName":"range","KeyConditionExpression":"pk = :p",
      "ExpressionAttributeValues":{":p":{"S":"big"}})" +
                                    start + "}");
    ++pages;
    items += static_cast<int>(reply.at("Items").as_array().size());
    if (!reply.contains("LastEvaluatedKey")) break;
    EXPECT_EQ(reply.at("Count"), 11);  // the item that brings the page to 1 MB is in it
    start = R"(,"ExclusiveStartKey":)" + boost::json::serialize(reply.at("LastEvaluatedKey"));
  }
  EXPECT_EQ(items, 30);
  EXPECT_EQ(pages, 3);
}

class Scan : public DynamoDbTest {
 protected:
  void SetUp() override {
    DynamoDbTest::SetUp();
    for (int i = 0; i < 200; ++i)
      db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"item)" + std::to_string(i) + R"("},"n":{"N":")" +
                           std::to_string(i) + R"("}}})");
  }
  /// Follows the pages; returns the ids seen and counts the pages.
  std::multiset<std::string> all(std::string_view more, int& pages) {
    std::multiset<std::string> ids;
    std::string start;
    for (;;) {
      auto reply = db.ok("Scan", R"({"TableName":"hash")" + std::string(more) + start + "}");
      ++pages;
      for (const auto& item : reply.at("Items").as_array()) ids.insert(std::string(item.at("id").at("S").as_string()));
      if (!reply.contains("LastEvaluatedKey")) return ids;
      start = R"(,"ExclusiveStartKey":)" + boost::json::serialize(reply.at("LastEvaluatedKey"));
    }
  }
};

TEST_F(Scan, SeesEachItemOnceOverPages) {
  int pages = 0;
  auto ids = all(R"(,"Limit":30)", pages);
  EXPECT_EQ(ids.size(), 200u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 200u);
  EXPECT_EQ(pages, 7);
}

TEST_F(Scan, SegmentsDivideTheTable) {
  std::multiset<std::string> ids;
  for (int segment = 0; segment < 4; ++segment) {
    int pages = 0;
    auto part = all(R"(,"Segment":)" + std::to_string(segment) + R"(,"TotalSegments":4,"Limit":20)", pages);
    EXPECT_GT(part.size(), 20u);  // about 50
    ids.insert(part.begin(), part.end());
  }
  EXPECT_EQ(ids.size(), 200u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 200u);
}

TEST_F(Scan, Filters) {
  auto reply = db.ok("Scan",
                     R"({"TableName":"hash","FilterExpression":"n < :n","ExpressionAttributeValues":{":n":{"N":"5"}},
        "Select":"COUNT"})");
  EXPECT_EQ(reply, json_of(R"({"Count":5,"ScannedCount":200})"));
  EXPECT_EQ(db.ok("Scan",
                  R"({"TableName":"hash","ScanFilter":{"n":{"ComparisonOperator":"LT",
            "AttributeValueList":[{"N":"5"}]}},"Select":"COUNT"})"),
            reply);
}

TEST_F(Scan, ReportsAwsTexts) {
  auto failure = [&](std::string_view more) {
    return db.error("Scan", R"({"TableName":"hash",)" + std::string(more) + "}");
  };
  EXPECT_EQ(failure(R"("Segment":0)"),
            "ValidationException: The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present");
  EXPECT_EQ(failure(R"("TotalSegments":4)"),
            "ValidationException: The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present");
  EXPECT_EQ(failure(R"("Segment":5,"TotalSegments":5)"),
            "ValidationException: The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 5 is not less than TotalSegments: 5");
  EXPECT_EQ(
      failure(R"("Limit":0)"),
      "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member "
      "must have value greater than or equal to 1");
  EXPECT_EQ(failure(R"("ExclusiveStartKey":{"x":{"S":"a"}})"),
            "ValidationException: The provided starting key is invalid: The provided key element does not match the "
            "schema");
  EXPECT_EQ(failure(R"("Select":"SPECIFIC_ATTRIBUTES")"),
            "ValidationException: Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES");
}

TEST_F(Query, AQueryOfATableWithoutSortKeyStartsNowhereElse) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}}})");
  const std::string query = R"({"TableName":"hash","KeyConditionExpression":"id=:a",
    "ExpressionAttributeValues":{":a":{"S":"a"}})";
  EXPECT_EQ(db.error("Query", query + R"(,"ExclusiveStartKey":{"id":{"S":"a"}}})"),
            "ValidationException: The provided exclusive start key is invalid: ExclusiveStartKey: {id=AttributeValue: "
            "{S:a}}");
  EXPECT_EQ(db.error("Query", query + R"(,"ExclusiveStartKey":{"x":{"S":"a"}}})"),
            "ValidationException: The provided starting key is invalid");
  EXPECT_EQ(db.error("Query", query + R"(,"ExclusiveStartKey":{"id":{"S":"b"}}})"),
            "ValidationException: The provided starting key is outside query boundaries based on provided conditions");
  // Nor does a page name such a key.
  const auto page = db.ok("Query", query + R"(,"Limit":1})");
  EXPECT_EQ(page.at("Count"), 1);
  EXPECT_FALSE(page.contains("LastEvaluatedKey"));
}

}  // namespace
}  // namespace brume::dynamodb
