#include "dynamodb/index/index_test_support.h"

namespace brume::dynamodb {
namespace {

using IndexDefinition = IndexTest;

/// CreateTable of `tab` with keys pk and sk. `attributes` names more string attributes, `members` adds members.
std::string create(std::vector<std::string> attributes, std::string_view members,
                   std::string_view billing = R"("BillingMode":"PAY_PER_REQUEST")") {
  std::string body = R"({"TableName":"tab","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},
    {"AttributeName":"sk","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},
    {"AttributeName":"sk","AttributeType":"S"})";
  for (const std::string& name : attributes) body += R"(,{"AttributeName":")" + name + R"(","AttributeType":"S"})";
  return body + "]," + std::string(billing) + "," + std::string(members) + "}";
}

/// A key schema: names with H or R behind a colon.
std::string schema(std::vector<std::string> keys) {
  std::string body;
  for (const std::string& key : keys)
    body += (body.empty() ? "" : ",") + (R"({"AttributeName":")" + key.substr(0, key.size() - 2)) + R"(","KeyType":")" +
            (key.ends_with("H") ? "HASH" : "RANGE") + R"("})";
  return "[" + body + "]";
}

std::string one(std::string_view name, std::vector<std::string> keys,
                std::string_view projection = R"({"ProjectionType":"ALL"})", std::string_view more = "") {
  return R"({"IndexName":")" + std::string(name) + R"(","KeySchema":)" + schema(std::move(keys)) + R"(,"Projection":)" +
         std::string(projection) + std::string(more) + "}";
}

std::string global(std::string_view indexes) { return R"("GlobalSecondaryIndexes":[)" + std::string(indexes) + "]"; }
std::string local(std::string_view indexes) { return R"("LocalSecondaryIndexes":[)" + std::string(indexes) + "]"; }

constexpr std::string_view kInvalid = "ValidationException: One or more parameter values were invalid: ";

TEST_F(IndexDefinition, IsDescribed) {
  db.ok("CreateTable",
        create({"z", "a", "b"},
               local(one("lsi", {"pk:H", "b:R"}, R"({"ProjectionType":"KEYS_ONLY"})")) + "," +
                   global(one("gsi", {"z:H", "a:R"}, R"({"ProjectionType":"INCLUDE","NonKeyAttributes":["y","x"]})"))));
  EXPECT_EQ(describe().at("AttributeDefinitions"), boost::json::parse(R"([
    {"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"},
    {"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},
    {"AttributeName":"z","AttributeType":"S"}])"));
  EXPECT_EQ(index("lsi"), json_of(R"({"IndexName":"lsi","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},
    {"AttributeName":"b","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"IndexSizeBytes":0,
    "ItemCount":0,"IndexArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tab/index/lsi"})"));
  EXPECT_EQ(index("gsi"), json_of(R"({"IndexName":"gsi","KeySchema":[{"AttributeName":"z","KeyType":"HASH"},
    {"AttributeName":"a","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y"]},
    "IndexSizeBytes":0,"ItemCount":0,"IndexArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tab/index/gsi",
    "IndexStatus":"ACTIVE",
    "ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":0,"WriteCapacityUnits":0},
    "WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}})"));
}

TEST_F(IndexDefinition, TakesSeveralKeyAttributes) {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  const std::vector<std::string> keys{"a:H", "b:H", "c:H", "d:H", "e:R", "f:R", "g:R", "h:R"};
  db.ok("CreateTable", create(names, global(one("gsi", keys))));
  EXPECT_EQ(index("gsi").at("KeySchema"), boost::json::parse(schema(keys)));
  db.restart();
  EXPECT_EQ(index("gsi").at("KeySchema"), boost::json::parse(schema(keys)));
}

TEST_F(IndexDefinition, RefusesKeysWithAwsTexts) {
  auto failure = [&](std::vector<std::string> names, std::string members) {
    return db.error("CreateTable", create(std::move(names), members));
  };
  const std::string invalid(kInvalid);
  EXPECT_EQ(failure({}, local("")), invalid + "List of LocalSecondaryIndexes is empty");
  EXPECT_EQ(failure({}, global("")), invalid + "List of GlobalSecondaryIndexes is empty");
  EXPECT_EQ(failure({"a"}, global(one("gsi", {"q:H"}))),
            invalid +
                "Some index key attributes are not defined in AttributeDefinitions. Keys: [q], "
                "AttributeDefinitions: [pk, sk, a]");
  EXPECT_EQ(failure({"a", "b"}, global(one("gsi", {"a:H"}, "{}"))),
            invalid +
                "Some AttributeDefinitions are not used. AttributeDefinitions: [pk, sk, a, b], "
                "keys used: [a, pk, sk]");
  EXPECT_EQ(failure({"a"}, local(one("lsi", {"a:H", "sk:R"}))),
            invalid +
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. "
                "index hash key: a, table hash key: pk");
  EXPECT_EQ(failure({}, local(one("lsi", {"pk:H"}))),
            invalid + "Index KeySchema does not have a range key for index: lsi");
  EXPECT_EQ(failure({"a"}, local(one("lsi", {"pk:H", "a:R", "sk:R"}))),
            "ValidationException: 1 validation error detected: Value '[KeySchemaElement(attributeName=pk, "
            "keyType=HASH), KeySchemaElement(attributeName=a, keyType=RANGE), KeySchemaElement(attributeName=sk, "
            "keyType=RANGE)]' at 'localSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: Member must "
            "have length less than or equal to 2");
  EXPECT_EQ(failure({"a", "b"}, global(one("gsi", {"b:R", "a:H"}))),
            "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  EXPECT_EQ(failure({"a", "b", "c"}, global(one("gsi", {"a:H", "b:R", "c:H"}))),
            invalid + "All HASH key attributes must precede RANGE key attributes in the KeySchema");
  EXPECT_EQ(failure({"a"}, global(one("gsi", {"a:H", "a:R"}))),
            "ValidationException: The KeySchema contains multiple key attributes with the same name");
  EXPECT_EQ(failure({"a", "b", "c", "d", "e"}, global(one("gsi", {"a:H", "b:H", "c:H", "d:H", "e:H"}))),
            invalid + "The KeySchema exceeds the maximum allowed number of HASH key attributes");
  EXPECT_EQ(failure({"a", "b", "c", "d", "e"}, global(one("gsi", {"pk:H", "a:R", "b:R", "c:R", "d:R", "e:R"}))),
            invalid + "The KeySchema exceeds the maximum allowed number of RANGE key attributes");
  EXPECT_EQ(failure({"a", "a"}, global(one("gsi", {"a:H"}))), "ValidationException: Attribute Name is duplicated: a");
}

TEST_F(IndexDefinition, RefusesProjectionsCountsAndThroughput) {
  const std::string invalid(kInvalid);
  auto failure = [&](std::string index, std::string_view billing = R"("BillingMode":"PAY_PER_REQUEST")") {
    return db.error("CreateTable", create({"a"}, global(index), billing));
  };
  EXPECT_EQ(failure(one("gsi", {"a:H"}, "{}")), invalid + "Unknown ProjectionType: null");
  EXPECT_EQ(failure(one("gsi", {"a:H"}, R"({"ProjectionType":"KEYS_ONLY","NonKeyAttributes":["x"]})")),
            invalid + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified");
  EXPECT_EQ(failure(one("gsi", {"a:H"}, R"({"ProjectionType":"INCLUDE"})")),
            invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  EXPECT_EQ(failure(one("gsi", {"a:H"}, R"({"ProjectionType":"INCLUDE","NonKeyAttributes":["x","x"]})")),
            invalid + "Duplicate element in NonKeyAttributes: x");
  EXPECT_EQ(failure(one("gsi", {"a:H"}) + "," + one("gsi", {"a:H"})), invalid + "Duplicate index name: gsi");
  const std::string units = R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})";
  const std::string all = R"({"ProjectionType":"ALL"})";
  EXPECT_EQ(failure(one("gsi", {"a:H"}, all, units)),
            invalid +
                "ProvisionedThroughput should not be specified for index: gsi when BillingMode is "
                "PAY_PER_REQUEST");
  EXPECT_EQ(failure(one("gsi", {"a:H"}), units.substr(1)),
            invalid + "ProvisionedThroughput is not specified for index: gsi");
  EXPECT_EQ(failure(one("gsi", {"a:H"}, all, R"(,"OnDemandThroughput":{"MaxReadRequestUnits":0})")),
            invalid + "Requested MaxReadRequestUnits for OnDemandThroughput for index : gsi is outside of valid range");
  EXPECT_EQ(failure(one("gsi", {"a:H"}, all, R"(,"WarmThroughput":{"ReadUnitsPerSecond":5})")),
            invalid +
                "Requested ReadUnitsPerSecond for WarmThroughput for index gsi is lower than initial throughput "
                "for OnDemand");
  std::string many, few;
  for (int i = 0; i < 21; ++i) many += (i ? "," : "") + one("g-" + std::to_string(i), {"a:H"});
  for (int i = 0; i < 6; ++i) few += (i ? "," : "") + one("l-" + std::to_string(i), {"pk:H", "a:R"});
  EXPECT_EQ(failure(many), invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20");
  EXPECT_EQ(db.error("CreateTable", create({"a"}, local(few))),
            invalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
}

TEST_F(IndexDefinition, NeedsASortKeyForLocalIndexes) {
  EXPECT_EQ(db.error("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"a","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)" +
                                        local(one("lsi", {"pk:H", "a:R"})) + "}"),
            std::string(kInvalid) +
                "Table KeySchema does not have a range key, which is required when specifying a "
                "LocalSecondaryIndex");
}

TEST_F(IndexDefinition, ReportsTheSizeOfItemCollections) {
  db.ok("CreateTable", create({"a"}, local(one("lsi", {"pk:H", "a:R"}))));
  const std::string put = R"({"TableName":"tab","Item":{"pk":{"S":"p"},"sk":{"S":"s"},"a":{"S":"1"}})";
  EXPECT_EQ(db.ok("PutItem", put + R"(,"ReturnItemCollectionMetrics":"SIZE"})"),
            json_of(R"({"ItemCollectionMetrics":{"ItemCollectionKey":{"pk":{"S":"p"}},
              "SizeEstimateRangeGB":[0.0,1.0]}})"));
  EXPECT_EQ(db.ok("PutItem", put + "}"), json_of("{}"));
}

}  // namespace
}  // namespace brume::dynamodb
