#include <set>

#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

std::string n(int value) { return R"({"N":")" + std::to_string(value) + R"("})"; }
std::string s(std::string_view text) { return R"({"S":")" + std::string(text) + R"("})"; }

/// A table with keys p, c and one index of each kind and projection.
class IndexRead : public ::testing::Test {
 protected:
  void SetUp() override {
    db.ok("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"c","AttributeType":"N"},
        {"AttributeName":"g","AttributeType":"S"},{"AttributeName":"r","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}],
      "LocalSecondaryIndexes":[
        {"IndexName":"local-keys","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},
          {"AttributeName":"r","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
      "GlobalSecondaryIndexes":[
        {"IndexName":"global-all","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
          "Projection":{"ProjectionType":"ALL"}},
        {"IndexName":"global-some","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},
          {"AttributeName":"r","KeyType":"RANGE"}],
          "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["kept"]}}]})");
  }

  void put(std::string_view p, int c, std::string_view more = "") {
    db.ok("PutItem", R"({"TableName":"tab","Item":{"p":)" + s(p) + R"(,"c":)" + n(c) + std::string(more) + "}}");
  }
  static std::string request(std::string_view index, std::string_view more) {
    return R"({"TableName":"tab","IndexName":")" + std::string(index) + "\"," + std::string(more) + "}";
  }
  boost::json::object query(std::string_view index, std::string_view more) {
    return db.ok("Query", request(index, more));
  }
  std::string query_error(std::string_view index, std::string_view more) {
    return db.error("Query", request(index, more));
  }
  static std::string name_of(const boost::json::value& item) {
    return std::string(item.at("p").at("S").as_string()) + std::string(item.at("c").at("N").as_string());
  }
  static std::string names(const boost::json::object& reply) {
    std::string all;
    for (const auto& item : reply.at("Items").as_array()) all += (all.empty() ? "" : " ") + name_of(item);
    return all;
  }
  /// Follows the pages of an operation; after each page `between` is called with its items.
  template <class F>
  std::vector<std::string> pages(std::string_view operation, std::string body, F between) {
    body.pop_back();
    std::vector<std::string> seen;
    std::string start;
    for (;;) {
      auto reply = db.ok(operation, body + start + "}");
      for (const auto& item : reply.at("Items").as_array()) seen.push_back(name_of(item));
      between(reply.at("Items").as_array());
      if (!reply.contains("LastEvaluatedKey")) return seen;
      start = R"(,"ExclusiveStartKey":)" + boost::json::serialize(reply.at("LastEvaluatedKey"));
    }
  }
  std::vector<std::string> pages(std::string_view operation, const std::string& body) {
    return pages(operation, body, [](const boost::json::array&) {});
  }

  TestService db;
};

constexpr std::string_view kOfG = R"("KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}})";
constexpr std::string_view kOfP = R"("KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"a"}})";

TEST_F(IndexRead, OrdersByTheIndexKeyAndLeavesOutItemsWithoutIt) {
  put("a", 1, R"(,"r":{"N":"30"},"g":{"S":"x"})");
  put("a", 2, R"(,"r":{"N":"10"},"g":{"S":"x"})");
  put("a", 3, R"(,"g":{"S":"x"})");
  put("b", 4, R"(,"r":{"N":"20"},"g":{"S":"x"})");
  put("b", 5, R"(,"r":{"N":"20"},"g":{"S":"y"})");
  EXPECT_EQ(names(query("local-keys", kOfP)), "a2 a1");
  EXPECT_EQ(names(query("global-some", kOfG)), "a2 b4 a1");
  EXPECT_EQ(names(query("global-some", std::string(kOfG) + R"(,"ScanIndexForward":false)")), "a1 b4 a2");
  auto all = query("global-all", kOfG);
  EXPECT_EQ(all.at("Count"), 4);
  EXPECT_EQ(names(query("global-some", R"("KeyConditionExpression":"g = :g AND r BETWEEN :l AND :u",
    "ExpressionAttributeValues":{":g":{"S":"x"},":l":{"N":"15"},":u":{"N":"30"}})")),
            "b4 a1");
  EXPECT_EQ(names(query("global-some", R"("KeyConditions":{
    "g":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]},
    "r":{"ComparisonOperator":"LT","AttributeValueList":[{"N":"30"}]}})")),
            "a2 b4");
}

TEST_F(IndexRead, TiedKeysAreNeitherLostNorRepeatedOverPages) {
  std::multiset<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    std::string p(1, static_cast<char>('a' + i % 7));
    put(p, i, R"(,"g":{"S":"x"},"r":)" + n(i % 3));
    expected.insert(p + std::to_string(i));
  }
  for (std::string_view index : {"global-all", "global-some"})
    for (int limit : {1, 3, 7}) {
      std::string body = request(index, std::string(kOfG) + R"(,"Limit":)" + std::to_string(limit));
      auto forward = pages("Query", body);
      body.insert(body.size() - 1, R"(,"ScanIndexForward":false)");
      auto backward = pages("Query", body);
      EXPECT_EQ(std::multiset<std::string>(forward.begin(), forward.end()), expected) << index << limit;
      EXPECT_EQ(std::vector<std::string>(backward.rbegin(), backward.rend()), forward) << index << limit;
      auto scanned = pages("Scan", request(index, R"("Limit":)" + std::to_string(limit)));
      EXPECT_EQ(std::multiset<std::string>(scanned.begin(), scanned.end()), expected) << index << limit;
    }
}

TEST_F(IndexRead, GoesOnAfterAnItemThatIsGoneOrElsewhere) {
  for (int i = 0; i < 12; ++i) put("a", i, R"(,"g":{"S":"x"},"r":{"N":"5"})");
  int page = 0;
  auto seen =
      pages("Query", request("global-some", std::string(kOfG) + R"(,"Limit":2)"), [&](const boost::json::array& items) {
        if (items.empty()) return;
        const std::string key = R"({"p":)" + boost::json::serialize(items.back().at("p")) + R"(,"c":)" +
                                boost::json::serialize(items.back().at("c")) + "}";
        if (page++ % 2 == 0) db.ok("DeleteItem", R"({"TableName":"tab","Key":)" + key + "}");
        else
          db.ok("UpdateItem", R"({"TableName":"tab","Key":)" + key +
                                  R"(,"UpdateExpression":"SET r = :r",
                                                "ExpressionAttributeValues":{":r":{"N":"1"}}})");
      });
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 12u);
  EXPECT_EQ(seen.size(), 12u);
}

TEST_F(IndexRead, TheLastKeyHoldsTheKeysOfTableAndIndex) {
  put("a", 1, R"(,"g":{"S":"x"},"r":{"N":"5"},"kept":{"S":"k"})");
  EXPECT_EQ(query("global-some", std::string(kOfG) + R"(,"Limit":1)").at("LastEvaluatedKey"),
            boost::json::parse(R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"},"r":{"N":"5"}})"));
  EXPECT_EQ(query("local-keys", std::string(kOfP) + R"(,"Limit":1)").at("LastEvaluatedKey"),
            boost::json::parse(R"({"p":{"S":"a"},"c":{"N":"1"},"r":{"N":"5"}})"));
  EXPECT_FALSE(query("local-keys", std::string(kOfP) + R"(,"Limit":2)").contains("LastEvaluatedKey"));
}

TEST_F(IndexRead, SegmentsDivideAnIndexWhileItIsWritten) {
  std::multiset<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    put("p" + std::to_string(i) + "_", i, R"(,"r":{"N":"1"},"g":)" + s("g" + std::to_string(i)));
    expected.insert("p" + std::to_string(i) + "_" + std::to_string(i));
  }
  std::multiset<std::string> seen;
  int added = 1000;
  for (int segment = 0; segment < 3; ++segment) {
    const std::string body =
        request("global-some", R"("Limit":4,"TotalSegments":3,"Segment":)" + std::to_string(segment));
    for (const std::string& name : pages("Scan", body, [&](const boost::json::array&) {
           // New items come meanwhile; those that were there are seen once.
           ++added;
           put("new", added, R"(,"r":{"N":"1"},"g":)" + s("h" + std::to_string(added)));
         }))
      if (!name.starts_with("new")) seen.insert(name);
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(IndexRead, AnswersWithWhatIsSelected) {
  put("a", 1, R"(,"g":{"S":"x"},"r":{"N":"5"},"kept":{"S":"k"},"spare":{"S":"o"})");
  const auto whole = boost::json::parse(
      R"([{"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"},"r":{"N":"5"},"kept":{"S":"k"},"spare":{"S":"o"}}])");
  const auto some =
      boost::json::parse(R"([{"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"},"r":{"N":"5"},"kept":{"S":"k"}}])");
  const auto keys = boost::json::parse(R"([{"p":{"S":"a"},"c":{"N":"1"},"r":{"N":"5"}}])");
  auto items = [&](std::string_view index, std::string_view condition, std::string_view more) {
    return query(index, std::string(condition) + std::string(more)).at("Items");
  };
  EXPECT_EQ(items("global-all", kOfG, ""), whole);
  EXPECT_EQ(items("global-all", kOfG, R"(,"Select":"ALL_ATTRIBUTES")"), whole);
  EXPECT_EQ(items("global-some", kOfG, ""), some);
  EXPECT_EQ(items("global-some", kOfG, R"(,"Select":"ALL_PROJECTED_ATTRIBUTES")"), some);
  EXPECT_EQ(items("local-keys", kOfP, ""), keys);
  EXPECT_EQ(items("local-keys", kOfP, R"(,"Select":"ALL_PROJECTED_ATTRIBUTES")"), keys);
  EXPECT_EQ(items("local-keys", kOfP, R"(,"Select":"ALL_ATTRIBUTES")"), whole);
  EXPECT_EQ(items("local-keys", kOfP, R"(,"ProjectionExpression":"spare,r")"),
            boost::json::parse(R"([{"spare":{"S":"o"},"r":{"N":"5"}}])"));
  EXPECT_FALSE(query("local-keys", std::string(kOfP) + R"(,"Select":"COUNT")").contains("Items"));
}

TEST_F(IndexRead, RefusesWhatAnIndexDoesNotHold) {
  auto failure = [&](std::string_view index, std::string_view condition, std::string_view more) {
    return query_error(index, std::string(condition) + std::string(more));
  };
  EXPECT_EQ(failure("nothing", kOfG, ""), "ValidationException: The table does not have the specified index: nothing");
  EXPECT_EQ(failure("global-some", kOfG, R"(,"ConsistentRead":true)"),
            "ValidationException: Consistent reads are not supported on global secondary indexes");
  EXPECT_EQ(failure("global-some", kOfG, R"(,"Select":"ALL_ATTRIBUTES")"),
            "ValidationException: One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
            "supported for global secondary index global-some because its projection type is not ALL");
  EXPECT_EQ(failure("global-some", kOfG, R"(,"ProjectionExpression":"z, kept, y.x")"),
            "ValidationException: One or more parameter values were invalid: Global secondary index global-some does "
            "not project [y, z]");
  constexpr std::string_view kFilter = R"j(,"FilterExpression":"attribute_exists(z) OR attribute_exists(spare)")j";
  for (auto [index, condition] : {std::pair{"global-some", kOfG}, std::pair{"local-keys", kOfP}})
    EXPECT_EQ(failure(index, condition, kFilter),
              "ValidationException: One or more parameter values were invalid: Secondary index " + std::string(index) +
                  " does not project one or more filter attributes: [spare, z]");
  EXPECT_EQ(failure("global-some", kOfG, R"j(,"FilterExpression":"attribute_exists(r)")j"),
            "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key "
            "attribute: r");
}

TEST_F(IndexRead, FiltersByTheTablesKeyAndByWhatIsProjected) {
  for (int i = 0; i < 4; ++i)
    put("a", i, R"(,"g":{"S":"x"},"r":{"N":"5"},"spare":{"S":"o"},"kept":)" + s(i % 2 ? "k" : "l"));
  EXPECT_EQ(names(query("global-some", R"("KeyConditionExpression":"g = :g","FilterExpression":"c > :c AND kept = :k",
    "ExpressionAttributeValues":{":g":{"S":"x"},":c":{"N":"1"},":k":{"S":"k"}})")),
            "a3");
  // A Scan's filter sees entries alone, also where whole items are fetched for the answer.
  auto scan = db.ok("Scan", request("local-keys", R"j("FilterExpression":"attribute_not_exists(spare)",
    "ProjectionExpression":"p,c,spare")j"));
  EXPECT_EQ(scan.at("Count"), 4);
  EXPECT_EQ(scan.at("Items").at(0).at("spare"), boost::json::parse(R"({"S":"o"})"));
}

TEST_F(IndexRead, BillsIndexAndFetchedItems) {
  const std::string large(3000, 'o');
  for (int i = 0; i < 3; ++i) put("a", i, R"(,"g":{"S":"x"},"r":{"N":"5"},"spare":)" + s(large));
  auto capacity = [&](std::string_view index, std::string_view more) {
    return query(index, std::string(more) + R"(,"ReturnConsumedCapacity":"INDEXES")").at("ConsumedCapacity");
  };
  // Three entries of 3 KB: 9 KB together.
  EXPECT_EQ(capacity("global-all", kOfG), boost::json::parse(R"({"TableName":"tab","CapacityUnits":1.5,
    "Table":{"CapacityUnits":0.0},"GlobalSecondaryIndexes":{"global-all":{"CapacityUnits":1.5}}})"));
  EXPECT_EQ(capacity("local-keys", kOfP), boost::json::parse(R"({"TableName":"tab","CapacityUnits":0.5,
    "Table":{"CapacityUnits":0.0},"LocalSecondaryIndexes":{"local-keys":{"CapacityUnits":0.5}}})"));
  // Each fetched item is rounded up by itself.
  const std::string all = std::string(kOfP) + R"(,"Select":"ALL_ATTRIBUTES")";
  EXPECT_EQ(capacity("local-keys", all), boost::json::parse(R"({"TableName":"tab","CapacityUnits":2.0,
    "Table":{"CapacityUnits":1.5},"LocalSecondaryIndexes":{"local-keys":{"CapacityUnits":0.5}}})"));
  EXPECT_EQ(capacity("local-keys", all + R"(,"ConsistentRead":true)"),
            boost::json::parse(
                R"({"TableName":"tab","CapacityUnits":4.0,"Table":{"CapacityUnits":3.0},
          "LocalSecondaryIndexes":{"local-keys":{"CapacityUnits":1.0}}})"));
}

TEST_F(IndexRead, PagesEndByTheSizeOfTheEntries) {
  const std::string large(300 * 1024, 'o');
  for (int i = 0; i < 5; ++i) put("a", i, R"(,"g":{"S":"x"},"r":{"N":"5"},"spare":)" + s(large));
  EXPECT_EQ(query("global-some", kOfG).at("Count"), 5);
  auto all = query("global-all", kOfG);
  EXPECT_EQ(all.at("Count"), 4);  // the fourth brings it over 1 MB
  EXPECT_TRUE(all.contains("LastEvaluatedKey"));
}

TEST_F(IndexRead, ChecksTheStartKey) {
  auto failure = [&](std::string_view index, std::string_view more, std::string_view start) {
    return query_error(index, std::string(more) + R"(,"ExclusiveStartKey":)" + std::string(start));
  };
  const std::string invalid = "ValidationException: The provided starting key is invalid";
  const std::string mismatch = "The provided key element does not match the schema";
  constexpr std::string_view kGood = R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"},"r":{"N":"5"}})";
  EXPECT_EQ(query("global-some", std::string(kOfG) + R"(,"ExclusiveStartKey":)" + std::string(kGood)).at("Count"), 0);
  EXPECT_EQ(failure("global-some", kOfG, R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"}})"), invalid);
  EXPECT_EQ(failure("global-some", kOfG, R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"},"z":{"N":"5"}})"), invalid);
  EXPECT_EQ(failure("global-some", kOfG, R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"},"r":{"S":"5"}})"),
            "ValidationException: " + mismatch);
  EXPECT_EQ(failure("global-some", kOfG, R"({"p":{"S":"a"},"c":{"S":"1"},"g":{"S":"x"},"r":{"N":"5"}})"),
            invalid + ": " + mismatch);
  EXPECT_EQ(failure("global-some", kOfG, R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"y"},"r":{"N":"5"}})"),
            "ValidationException: The provided starting key is outside query boundaries based on provided conditions");
  constexpr std::string_view kAbove = R"("KeyConditionExpression":"g = :g AND r > :r",
    "ExpressionAttributeValues":{":g":{"S":"x"},":r":{"N":"5"}})";
  EXPECT_EQ(failure("global-some", kAbove, kGood),
            "ValidationException: The provided starting key does not match the range key predicate");
  auto scan_failure = [&](std::string_view start) {
    return db.error("Scan", request("global-some", R"("ExclusiveStartKey":)" + std::string(start)));
  };
  EXPECT_EQ(scan_failure(R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"S":"x"}})"), invalid);
  EXPECT_EQ(scan_failure(R"({"p":{"S":"a"},"c":{"N":"1"},"g":{"N":"1"},"r":{"N":"5"}})"),
            "ValidationException: " + mismatch);
  EXPECT_EQ(scan_failure(R"({"p":{"S":"a"},"c":{"S":"1"},"g":{"S":"x"},"r":{"N":"5"}})"), invalid + ": " + mismatch);
}

TEST_F(IndexRead, KeysOfIndexesHaveNoPartsAnywhere) {
  EXPECT_EQ(db.error("Query", R"({"TableName":"tab","KeyConditionExpression":"p = :p","FilterExpression":"g.a = :p",
              "ExpressionAttributeValues":{":p":{"S":"a"}}})"),
            "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: IndexKey: g");
}

TEST_F(IndexRead, SeveralKeyAttributes) {
  db.ok("CreateTable", R"({"TableName":"multi","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"a","AttributeType":"S"},
      {"AttributeName":"b","AttributeType":"N"},{"AttributeName":"x","AttributeType":"S"},
      {"AttributeName":"y","AttributeType":"N"},{"AttributeName":"z","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "GlobalSecondaryIndexes":[{"IndexName":"all","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},
      {"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"x","KeyType":"RANGE"},
      {"AttributeName":"y","KeyType":"RANGE"},{"AttributeName":"z","KeyType":"RANGE"}],
      "Projection":{"ProjectionType":"ALL"}}]})");
  int id = 0;
  for (std::string_view x : {"x1", "x2"})
    for (int y : {-1, 2, 10})
      for (std::string_view z : {"za", "zb"})
        db.ok("PutItem", R"({"TableName":"multi","Item":{"id":)" + s("i" + std::to_string(id++)) +
                             R"(,"a":{"S":"A"},"b":{"N":"7"},"x":)" + s(x) + R"(,"y":)" + n(y) + R"(,"z":)" + s(z) +
                             "}}");
  auto body = [](std::string_view condition, std::string_view more = "") {
    std::string values = R"(":a":{"S":"A"},":b":{"N":"7"})";
    for (auto [name, value] : {std::pair{":x", R"({"S":"x1"})"}, {":y", R"({"N":"2"})"}, {":z", R"({"S":"zb"})"}})
      if (condition.find(name) != std::string_view::npos) values += ",\"" + std::string(name) + "\":" + value;
    return R"({"TableName":"multi","IndexName":"all","KeyConditionExpression":"a = :a AND b = :b)" +
           std::string(condition) + R"(","ExpressionAttributeValues":{)" + values + "}" + std::string(more) + "}";
  };
  auto ids = [&](std::string_view condition, std::string_view more = "") {
    const auto reply = db.ok("Query", body(condition, more));
    std::string all;
    for (const auto& item : reply.at("Items").as_array()) all += std::string(item.at("id").at("S").as_string());
    return all;
  };
  EXPECT_EQ(ids(""), "i0i1i2i3i4i5i6i7i8i9i10i11");
  EXPECT_EQ(ids(" AND x = :x", R"(,"ScanIndexForward":false)"), "i5i4i3i2i1i0");
  EXPECT_EQ(ids(" AND x > :x"), "i6i7i8i9i10i11");
  EXPECT_EQ(ids(" AND x = :x AND y >= :y"), "i2i3i4i5");
  EXPECT_EQ(ids(" AND y = :y AND x = :x AND begins_with(z, :z)"), "i3");
  EXPECT_EQ(ids(" AND x = :x AND y = :y AND z < :z"), "i2");
  auto refused = [](std::string_view missing, std::string_view given) {
    return "ValidationException: RANGE key attributes " + std::string(missing) +
           " must have equality conditions specified in the query because a condition is present on key attribute " +
           std::string(given);
  };
  EXPECT_EQ(db.error("Query", body(" AND y = :y")), refused("x", "y"));
  EXPECT_EQ(db.error("Query", body(" AND x = :x AND z = :z")), refused("y", "z"));
  EXPECT_EQ(db.error("Query", body(" AND x > :x AND y = :y")), refused("x", "y"));

  auto page = db.ok("Query", body(" AND x = :x AND y >= :y", R"(,"Limit":1)"));
  const std::string last = boost::json::serialize(page.at("LastEvaluatedKey"));
  EXPECT_EQ(boost::json::parse(last),
            boost::json::parse(R"({"id":{"S":"i2"},"a":{"S":"A"},"b":{"N":"7"},"x":{"S":"x1"},"y":{"N":"2"},
                                   "z":{"S":"za"}})"));
  EXPECT_EQ(ids(" AND x = :x AND y >= :y", R"(,"ExclusiveStartKey":)" + last), "i3i4i5");
  EXPECT_EQ(db.error("Query", body(" AND x > :x", R"(,"ExclusiveStartKey":)" + last)),
            "ValidationException: The provided starting key does not match the range key predicate");
}

TEST(IndexReadCreating, IsRefusedWhileTheIndexIsBeingFilled) {
  Options options = TestService::immediate();
  options.status_delay = std::chrono::hours(1);
  TestService db(options);
  db.ok("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]})");
  db.clock.advance(std::chrono::hours(2));
  db.ok("UpdateTable", R"({"TableName":"tab","AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],
    "GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"new","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
    "Projection":{"ProjectionType":"ALL"}}}]})");
  for (auto [operation, more] : {std::pair{"Query", std::string(",") + std::string(kOfG)}, {"Scan", std::string()}})
    EXPECT_EQ(db.error(operation, R"({"TableName":"tab","IndexName":"new")" + more + "}"),
              "ValidationException: Cannot read from backfilling global secondary index: new");
}

}  // namespace
}  // namespace brume::dynamodb
