// What calls say they took: the same as the ConsumedCapacity that they answer with, whether that was asked for or not.
#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/loops.h"
#include "base/random.h"
#include "cluster/testing/test_node.h"
#include "dynamodb/dynamodb.h"
#include "dynamodb/item/capacity.h"
#include "store/testing/temporary_store.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {
namespace json = boost::json;

class Usage : public ::testing::Test {
 protected:
  Usage() : service_(database_.service()) {
    loops_.start();
    run(database_.open());
    call("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"S"},
                              {"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],
      "GlobalSecondaryIndexes":[{"IndexName":"global","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
                                 "Projection":{"ProjectionType":"ALL"}}],
      "LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},
                                {"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]})");
  }
  ~Usage() override {
    run(database_.close());
    loops_.stop();
    loops_.join();
  }

  static Options immediate() {
    Options options;
    options.status_delay = std::chrono::milliseconds(0);
    return options;
  }
  void run(Task<> task) { asio::co_spawn(loops_.executor(0), std::move(task), asio::use_future).get(); }

  Task<> perform(std::string operation, std::string body) {
    usage.clear();
    for (const service::Operation& row : service_.operations) {
      if (row.name != operation) continue;
      service::Call call;
      call.operation = &row;
      call.region = "us-east-1";
      call.caller.account = "000000000000";
      call.body = body;
      if (!row.raw) call.input = json::parse(body).as_object();
      std::string error;
      try {
        service::Reply reply = co_await row.handler(call);
        answer = reply.raw ? json::parse(*reply.raw).as_object() : std::move(reply.output);
      } catch (const AwsError& failed) {
        answer = {{"error", failed.kind().code}};
      }
      usage = std::move(call.usage);
      co_return;
    }
    throw std::logic_error("no such operation: " + operation);
  }
  void call(std::string operation, std::string body) { run(perform(std::move(operation), std::move(body))); }

  /// "part read write" of each, in units.
  std::string used() const {
    std::string out;
    for (const service::Usage& entry : usage) {
      EXPECT_EQ(entry.resource, "tab");
      out += (out.empty() ? "" : ", ") + (entry.part.empty() ? "table" : entry.part) + " " +
             json::serialize(json::value(entry.read_units)) + " " + json::serialize(json::value(entry.write_units));
    }
    return out;
  }
  double units_used() const {
    double sum = 0;
    for (const service::Usage& entry : usage) sum += entry.read_units + entry.write_units;
    return sum;
  }
  double units_told() const {
    const json::value& told = answer.at("ConsumedCapacity");
    if (told.is_object()) return told.at("CapacityUnits").to_number<double>();
    double sum = 0;
    for (const json::value& entry : told.as_array()) sum += entry.at("CapacityUnits").to_number<double>();
    return sum;
  }

  store::testing::TemporaryStore store_;
  BlockingPool reads_{1};
  SystemClock clock_;
  SystemRandom random_;
  Loops loops_{1};
  cluster::testing::TestNode node_{*store_, clock_};
  DynamoDb database_{*store_, reads_, clock_, random_, node_.leases, immediate()};
  service::Service service_;

  service::UsageList usage;
  json::object answer;
};

TEST_F(Usage, OfEveryItemOperationIsWhatItAnswersWith) {
  const std::string item = R"({"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"l":{"S":"y"},"text":{"S":")" +
                           std::string(1500, 't') + "\"}}";
  const std::string key = R"({"p":{"S":"a"},"s":{"S":"1"}})";
  const std::string values = R"("ExpressionAttributeValues":{":v":{"S":"a"}})";
  const auto select = [](std::string statement) { return R"("Statement":")" + std::move(statement) + "\""; };
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"PutItem", R"("TableName":"tab","Item":)" + item},
      {"GetItem", R"("TableName":"tab","Key":)" + key},
      {"GetItem", R"("TableName":"tab","ConsistentRead":true,"Key":)" + key},
      {"UpdateItem", R"("TableName":"tab","UpdateExpression":"SET g = :v",)" + values + R"(,"Key":)" + key},
      {"Query", R"("TableName":"tab","KeyConditionExpression":"p = :v",)" + values},
      {"Query", R"("TableName":"tab","IndexName":"local","KeyConditionExpression":"p = :v",)" + values},
      {"Query", R"("TableName":"tab","IndexName":"global","KeyConditionExpression":"g = :v",)" + values},
      {"Scan", R"("TableName":"tab")"},
      {"BatchGetItem", R"("RequestItems":{"tab":{"Keys":[)" + key + "]}}"},
      {"BatchWriteItem", R"("RequestItems":{"tab":[{"PutRequest":{"Item":)" + item + "}}]}"},
      {"TransactGetItems", R"("TransactItems":[{"Get":{"TableName":"tab","Key":)" + key + "}}]"},
      {"TransactWriteItems", R"("TransactItems":[{"Put":{"TableName":"tab","Item":)" + item + "}}]"},
      {"ExecuteStatement", select("SELECT * FROM tab WHERE p='a'")},
      {"ExecuteStatement", select("UPDATE tab SET g='z' WHERE p='a' AND s='1'")},
      {"BatchExecuteStatement", "\"Statements\":[{" + select("SELECT * FROM tab WHERE p='a' AND s='1'") + "}]"},
      {"ExecuteTransaction", "\"TransactStatements\":[{" + select("SELECT * FROM tab WHERE p='a' AND s='1'") + "}]"},
      {"ExecuteTransaction", "\"TransactStatements\":[{" + select("UPDATE tab SET g='q' WHERE p='a' AND s='1'") + "}]"},
      {"DeleteItem", R"("TableName":"tab","Key":)" + key}};
  for (const auto& [operation, members] : calls) {
    SCOPED_TRACE(operation + " " + members.substr(0, 120));
    call(operation, R"({"ReturnConsumedCapacity":"TOTAL",)" + members + "}");
    ASSERT_TRUE(answer.contains("ConsumedCapacity")) << json::serialize(answer);
    EXPECT_GT(units_told(), 0);
    EXPECT_EQ(units_used(), units_told()) << used();
    const bool reads = operation == "GetItem" || operation == "Query" || operation == "Scan" ||
                       operation.find("Get") != operation.npos || members.find("SELECT") != members.npos;
    for (const service::Usage& entry : usage) EXPECT_EQ(reads ? entry.write_units : entry.read_units, 0);
  }
}

TEST_F(Usage, GlobalIndexesStandForThemselvesAndLocalOnesCountWithTheTable) {
  call("PutItem", R"({"TableName":"tab","Item":{"p":{"S":"a"},"s":{"S":"1"},"g":{"S":"x"},"l":{"S":"y"}}})");
  EXPECT_EQ(used(), "table 0E0 2E0, global 0E0 1E0");
  call("Query", R"({"TableName":"tab","IndexName":"global","KeyConditionExpression":"g = :v",
                    "ExpressionAttributeValues":{":v":{"S":"x"}}})");
  EXPECT_EQ(used(), "table 0E0 0E0, global 5E-1 0E0");
}

/// Reads of short items are billed without a look at what is in them.
TEST(ReadUnits, NoItemIsBilledAtMoreThanTwiceItsStoredBytes) {
  const auto nested = [](int depth) {
    std::string text = "{\"L\":[]}";
    for (int i = 1; i < depth; ++i) text = "{\"L\":[" + text + "]}";
    return text;
  };
  std::string flags, lists, numbers;
  for (int i = 0; i < 300; ++i) {
    flags += std::string(i ? "," : "") + "{\"BOOL\":true}";
    lists += std::string(i ? "," : "") + "{\"L\":[]}";
    numbers += std::string(i ? "," : "") + "{\"N\":\"-" + std::to_string(i + 1) + "\"}";
  }
  const std::string digits(38, '9');
  for (const std::string& value :
       {std::string(R"({"NULL":true})"), std::string(R"({"N":"0"})"), R"({"N":"-)" + digits + "\"}",
        R"({"NS":["-1","0","-)" + digits + "\"]}", std::string(R"({"M":{}})"),
        std::string(R"({"M":{"a":{"M":{"b":{"L":[]}}}}})"), nested(20), "{\"L\":[" + flags + "]}",
        "{\"L\":[" + lists + "]}", "{\"L\":[" + numbers + "]}", std::string(R"({"S":""})")}) {
    simdjson::dom::parser parser;
    std::string stored;
    wire::append_item_from_json(simdjson::dom::element(parser.parse("{\"a\":" + value + "}")), stored);
    EXPECT_LE(wire::item_size(wire::ItemView(stored)), 2 * stored.size()) << value.substr(0, 80);
  }
  EXPECT_EQ(read_units_of("", true), 2u);
}

TEST_F(Usage, AConditionThatFailsCostsAWrite) {
  call("PutItem",
       R"({"TableName":"tab","Item":{"p":{"S":"a"},"s":{"S":"1"},"text":{"S":")" + std::string(1500, 't') + "\"}}}");
  call("PutItem", R"json({"TableName":"tab","ConditionExpression":"attribute_not_exists(p)",
                          "Item":{"p":{"S":"a"},"s":{"S":"1"}}})json");
  EXPECT_EQ(answer.at("error"), "ConditionalCheckFailedException");
  EXPECT_EQ(used(), "table 0E0 2E0");
}

}  // namespace
}  // namespace brume::dynamodb
