// SELECT on secondary indexes. The expectations are AWS's, measured where a text is given.
#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

class IndexSelect : public ::testing::Test {
 protected:
  void SetUp() override {
    db.ok("CreateTable", R"({"TableName":"things","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},
        {"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"S"},
        {"AttributeName":"h","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
      "GlobalSecondaryIndexes":[
        {"IndexName":"gsi",
         "KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],
         "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["proj"]}},
        {"IndexName":"multi",
         "KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"h","KeyType":"HASH"}],
         "Projection":{"ProjectionType":"ALL"}}],
      "LocalSecondaryIndexes":[
        {"IndexName":"lsi",
         "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],
         "Projection":{"ProjectionType":"KEYS_ONLY"}}]})");
    insert("{'pk':'p','sk':'s1','g':'y','l':'l1','proj':'a','other':'o1'}");
    insert("{'pk':'p','sk':'s2','g':'y','l':'l2','proj':'b','other':'o2'}");
    insert("{'pk':'p','sk':'s3','other':'o3'}");
    insert("{'pk':'q','sk':'s4','g':'z','l':'l1','other':'o4'}");
  }
  void insert(std::string_view item) { run("INSERT INTO things VALUE " + std::string(item)); }

  static std::string request(const std::string& statement, std::string_view more = "") {
    return "{\"Statement\":" + boost::json::serialize(boost::json::string(statement)) + std::string(more) + "}";
  }
  boost::json::object run(const std::string& statement, std::string_view more = "") {
    return db.ok("ExecuteStatement", request(statement, more));
  }
  std::string rows(const std::string& statement, std::string_view more = "") {
    return boost::json::serialize(run(statement, more).at("Items"));
  }
  std::string refusal(const std::string& statement, std::string_view more = "") {
    return db.error("ExecuteStatement", request(statement, more))
        .substr(std::string_view("ValidationException: ").size());
  }
  boost::json::object capacity(const std::string& statement, std::string_view more = "") {
    return run(statement, std::string(R"(,"ReturnConsumedCapacity":"INDEXES")") + std::string(more))
        .at("ConsumedCapacity")
        .as_object();
  }

  TestService db;
};

TEST_F(IndexSelect, ReadsTheIndexByItsKey) {
  EXPECT_EQ(rows("SELECT * FROM things.gsi WHERE g='y' AND l > 'l1'"),
            R"([{"pk":{"S":"p"},"sk":{"S":"s2"},"g":{"S":"y"},"l":{"S":"l2"},"proj":{"S":"b"}}])");
  EXPECT_EQ(rows("SELECT sk FROM \"things\".\"gsi\" WHERE g='y' ORDER BY l DESC"),
            R"([{"sk":{"S":"s2"}},{"sk":{"S":"s1"}}])");
  EXPECT_EQ(rows("SELECT * FROM things.lsi WHERE pk='p' AND l='l1'"),
            R"([{"pk":{"S":"p"},"sk":{"S":"s1"},"l":{"S":"l1"}}])");
  EXPECT_EQ(run("SELECT sk FROM things.gsi").at("Items").as_array().size(), 3u);
  EXPECT_EQ(rows("SELECT sk FROM things.gsi WHERE other='o1'"), "[]");
  EXPECT_EQ(rows("SELECT sk FROM things.gsi WHERE (g='y' AND other='o1') OR g='z'"), R"([{"sk":{"S":"s4"}}])");
}

TEST_F(IndexSelect, OnlyALocalIndexReachesBack) {
  EXPECT_EQ(rows("SELECT other FROM things.lsi WHERE pk='p'"), R"([{"other":{"S":"o1"}},{"other":{"S":"o2"}}])");
  EXPECT_EQ(refusal("SELECT zdrop, other FROM things.gsi WHERE g='y'"),
            "One or more parameter values were invalid: Global secondary index gsi does not project [zdrop, other]");
  EXPECT_EQ(capacity("SELECT l FROM things.lsi WHERE pk='p'"),
            json_of(R"({"TableName":"things","CapacityUnits":0.5,"Table":{"CapacityUnits":0.0},
                        "LocalSecondaryIndexes":{"lsi":{"CapacityUnits":0.5}}})"));
  EXPECT_EQ(capacity("SELECT other FROM things.lsi WHERE pk='p'", R"(,"ConsistentRead":true)"),
            json_of(R"({"TableName":"things","CapacityUnits":3.0,"Table":{"CapacityUnits":2.0},
                        "LocalSecondaryIndexes":{"lsi":{"CapacityUnits":1.0}}})"));
}

TEST_F(IndexSelect, FiltersOfKeyedReadsMustBeProjected) {
  const std::string refused =
      "One or more parameter values were invalid: Secondary index gsi does not project one or more filter attributes: ";
  const std::string select = "SELECT sk FROM things.gsi WHERE ";
  EXPECT_EQ(refusal(select + "g='y' AND other='o1'"), refused + "[other]");
  EXPECT_EQ(refusal(select + "g IN ['y','z'] AND NOT (other='o1' OR proj='x')"), refused + "[other]");
  EXPECT_EQ(refusal(select + "g='y' AND b='1' AND (a='2' OR proj='3')"), refused + "[a, b]");
  EXPECT_EQ(refusal(select + "g='y' AND (zz='1' OR aa='2' OR mm='3')"), refused + "[zz, aa, mm]");
  EXPECT_EQ(refusal(select + "(g='q' AND u1='1') OR (g='b' AND u2='1')"), refused + "[u1]");
  EXPECT_EQ(rows(select + "g='y' AND proj='b'"), R"([{"sk":{"S":"s2"}}])");
}

TEST_F(IndexSelect, RefusesWhatIndexesCannotDo) {
  EXPECT_EQ(refusal("SELECT * FROM things.nope", R"(,"ConsistentRead":true)"),
            "The table does not have the specified index");
  EXPECT_EQ(refusal("SELECT * FROM things.gsi", R"(,"ConsistentRead":true)"),
            "Strongly consistent read is not supported on Global Secondary Indexes");
  EXPECT_EQ(refusal("SELECT * FROM things.multi WHERE g=5"),
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE "
            "keys.");
}

TEST_F(IndexSelect, PagesThroughTiedKeys) {
  for (int i = 0; i < 5; ++i) insert("{'pk':'t','sk':'" + std::to_string(i) + "','g':'tie','l':'same'}");
  for (const std::string_view order : {"", " ORDER BY l DESC"}) {
    std::set<std::string> seen;
    std::string token;
    for (int pages = 0; pages < 10; ++pages) {
      const auto reply = run("SELECT sk FROM things.gsi WHERE g='tie'" + std::string(order),
                             ",\"Limit\":2" + (token.empty() ? "" : ",\"NextToken\":\"" + token + "\""));
      for (const auto& item : reply.at("Items").as_array())
        EXPECT_TRUE(seen.insert(boost::json::serialize(item)).second) << boost::json::serialize(item);
      const auto* next = reply.if_contains("NextToken");
      if (!next) break;
      EXPECT_EQ(reply.at("LastEvaluatedKey").as_object().size(), 4u);
      token = next->as_string();
      EXPECT_EQ(refusal("SELECT sk FROM things.lsi", ",\"NextToken\":\"" + token + "\""),
                "NextToken does not match request");
    }
    EXPECT_EQ(seen.size(), 5u);
  }
}

}  // namespace
}  // namespace brume::dynamodb
