#include <thread>

#include "dynamodb/test_service.h"
#include "dynamodb/item/write_request.h"

namespace brume::dynamodb {
namespace {

using PutItem = DynamoDbTest;
using GetItem = DynamoDbTest;
using UpdateItem = DynamoDbTest;
using DeleteItem = DynamoDbTest;
using WriteConcurrency = DynamoDbTest;

TEST_F(PutItem, IsReadBackWithEveryType) {
  std::string item = R"({"id":{"S":"a"},"n":{"N":"12.50"},"b":{"B":"AAEC"},"t":{"BOOL":true},"z":{"NULL":true},
    "l":{"L":[{"S":""},{"N":"-1"}]},"m":{"M":{"x":{"M":{}}}},"ss":{"SS":["p","q"]},"ns":{"NS":["1"]},
      "bs":{"BS":["AA=="]}})";
  EXPECT_EQ(db.ok("PutItem", R"({"TableName":"hash","Item":)" + item + "}"), json_of("{}"));
  auto expected = json_of(item);
  expected["n"] = json_of(R"({"N":"12.5"})");
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})").at("Item"), expected);
}

// Found by request_fuzz: the parser's buffer is made on first use, and nothing needs no bytes.
TEST(Request, EmptyBodyIsRefusedAlsoAsTheFirstOfItsThread) {
  std::string code;
  std::thread([&code] {
    WriteRequest request;
    try {
      read_put_item("", request);
    } catch (const AwsError& error) {
      code = error.kind().code;
    }
  }).join();
  EXPECT_EQ(code, "SerializationException");
}

TEST_F(PutItem, ReturnsOldItem) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"N":"1"}}})");
  auto reply =
      db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"N":"2"}},"ReturnValues":"ALL_OLD"})");
  EXPECT_EQ(reply, json_of(R"({"Attributes":{"id":{"S":"a"},"v":{"N":"1"}}})"));
  EXPECT_EQ(db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"b"}},"ReturnValues":"ALL_OLD"})"),
            json_of("{}"));
}

TEST_F(PutItem, FailedConditionLeavesItemUnchanged) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"N":"1"}}})");
  std::string put =
      R"j({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"N":"2"}},"ConditionExpression":"attribute_not_exists(id)")j";
  Answer answer = db.call("PutItem", put + "}");
  EXPECT_EQ(answer.error, "ConditionalCheckFailedException");
  EXPECT_EQ(answer.message, "The conditional request failed");
  EXPECT_TRUE(answer.members.empty());
  answer = db.call("PutItem", put + R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"})");
  EXPECT_EQ(answer.members, json_of(R"({"Item":{"id":{"S":"a"},"v":{"N":"1"}}})"));
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"),
            json_of(R"({"Item":{"id":{"S":"a"},"v":{"N":"1"}}})"));
}

TEST_F(PutItem, ChecksKeyAttributes) {
  auto put = [&](std::string item) { return db.error("PutItem", R"({"TableName":"hash","Item":)" + item + "}"); };
  EXPECT_EQ(put(R"({"a":{"S":"x"}})"),
            "ValidationException: One or more parameter values were invalid: Missing the key id in the item");
  EXPECT_EQ(put(R"({"id":{"N":"1"}})"),
            "ValidationException: One or more parameter values were invalid: Type mismatch for key id expected: S "
            "actual: N");
  EXPECT_EQ(put(R"({"id":{"S":""}})"),
            "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: id");
  EXPECT_EQ(put(R"({"id":{"S":")" + std::string(2049, 'x') + R"("}})"),
            "ValidationException: One or more parameter values were invalid: "
            "Size of hashkey has exceeded the maximum size limit of2048 bytes");
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":")" + std::string(2048, 'x') + R"("}}})");
}

TEST_F(PutItem, ChecksItemSize) {
  auto item = [](std::size_t bytes) {  // "id" + "a" + "v" + bytes
    return R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"S":")" + std::string(bytes, 'x') + R"("}}})";
  };
  db.ok("PutItem", item(400 * 1024 - 4));
  EXPECT_EQ(db.error("PutItem", item(400 * 1024 - 3)),
            "ValidationException: Item size has exceeded the maximum allowed size");
}

TEST_F(PutItem, ReportsShapeErrorsAsAws) {
  EXPECT_EQ(db.error("PutItem", R"({"Item":{"id":{"S":"a"}}})"),
            "ValidationException: 1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"bad table!@#","ReturnValues":"hi"})"),
            "ValidationException: 1 validation error detected: Value 'bad table!@#' at 'tableName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  EXPECT_EQ(
      db.error("PutItem", R"({"TableName":"hash","ReturnValues":"hi","ReturnConsumedCapacity":"x"})"),
      "ValidationException: 3 validation errors detected: Value 'x' at 'returnConsumedCapacity' failed to satisfy "
      "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value null at 'item' failed to "
      "satisfy constraint: Member must not be null; Value 'hi' at 'returnValues' failed to satisfy constraint: "
      "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]");
  EXPECT_EQ(db.error("PutItem", R"({"TableName":5})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(db.error("PutItem", "{").substr(0, 22), "SerializationException");
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"hash","Item":{"id":{"S":5}},"ReturnValues":"hi"})").substr(0, 22),
            "SerializationException");
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW"})"),
            "ValidationException: 1 validation error detected: ReturnValues can only be ALL_OLD or NONE");
}

TEST_F(PutItem, ReportsMisusedExpressionParameters) {
  EXPECT_EQ(db.error("PutItem",
                     R"({"TableName":"hash","Item":{"id":{"S":"a"}},"ExpressionAttributeValues":{":v":{"S":"x"}}})"),
            "ValidationException: 1 validation error detected: ExpressionAttributeValues can only be specified when "
            "using expressions: "
            "ConditionExpression is null");
  EXPECT_EQ(
      db.error("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}},"ExpressionAttributeNames":{"#v":"x"}})"),
      "ValidationException: 1 validation error detected: ExpressionAttributeNames can only be specified when using "
      "expressions");
  EXPECT_EQ(db.error("PutItem", R"j({"TableName":"hash","Item":{"id":{"S":"a"}},"Expected":{"id":{"Exists":false}},
                                    "ConditionExpression":"attribute_not_exists(id)"})j"),
            "ValidationException: 1 validation error detected: Can not use both expression and non-expression "
            "parameters in the same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}");
}

TEST_F(PutItem, UnknownTableIsNotFoundAfterTheRequestWasChecked) {
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"nope","Item":{"id":{"S":"a"}}})"),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"nope","Item":{"id":{"S":"a"}},"ConditionExpression":""})"),
            "ValidationException: 1 validation error detected: Invalid ConditionExpression: The expression can not be "
            "empty;");
}

TEST_F(PutItem, ConsumesAUnitPerStartedKilobyteOfTheLargerItem) {
  auto units = [&](std::size_t bytes, std::string_view mode) {
    auto reply = db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"c"},"v":{"S":")" + std::string(bytes, 'x') +
                                      R"("}},"ReturnConsumedCapacity":")" + std::string(mode) + R"("})");
    return boost::json::serialize(reply.at("ConsumedCapacity"));
  };
  EXPECT_EQ(units(1020, "TOTAL"), R"({"TableName":"hash","CapacityUnits":1E0})");
  EXPECT_EQ(units(1021, "TOTAL"), R"({"TableName":"hash","CapacityUnits":2E0})");
  EXPECT_EQ(units(1, "INDEXES"), R"({"TableName":"hash","CapacityUnits":2E0,"Table":{"CapacityUnits":2E0}})");
}

TEST_F(GetItem, AbsentItemHasNoItemMember) {
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"), json_of("{}"));
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"ReturnConsumedCapacity":"TOTAL"})"),
            json_of(R"({"ConsumedCapacity":{"TableName":"hash","CapacityUnits":0.5}})"));
}

TEST_F(GetItem, ConsumesHalfForEventualConsistency) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"S":")" + std::string(4100, 'x') + R"("}}})");
  auto units = [&](std::string_view more) {
    auto reply = db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"ReturnConsumedCapacity":"TOTAL")" +
                                      std::string(more) + "}");
    return reply.at("ConsumedCapacity").at("CapacityUnits").to_number<double>();
  };
  EXPECT_EQ(units(""), 1.0);
  EXPECT_EQ(units(R"(,"ConsistentRead":true)"), 2.0);
}

TEST_F(GetItem, Projects) {
  db.ok("PutItem",
        R"({"TableName":"hash","Item":{"id":{"S":"a"},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"o":{"S":"p"}}})");
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"ProjectionExpression":"id, #m.y",
                                 "ExpressionAttributeNames":{"#m":"m"}})"),
            json_of(R"({"Item":{"id":{"S":"a"},"m":{"M":{"y":{"N":"2"}}}}})"));
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"AttributesToGet":["o","absent"]})"),
            json_of(R"({"Item":{"o":{"S":"p"}}})"));
}

TEST_F(GetItem, KeyMustMatchTheSchema) {
  std::string expected = "ValidationException: The provided key element does not match the schema";
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"range","Key":{"pk":{"S":"a"}}})"), expected);
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"hash","Key":{"id":{"N":"1"}}})"), expected);
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"},"x":{"S":"a"}}})"), expected);
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"hash","Key":{}})"), expected);
}

TEST_F(GetItem, TakesTheTableAsArn) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}}})");
  std::string key = R"(,"Key":{"id":{"S":"a"}}})";
  EXPECT_TRUE(
      db.ok("GetItem", R"({"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/hash")" + key).contains("Item"));
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"arn:aws:dynamodb:eu-west-1:000000000000:table/hash")" + key),
            "ResourceNotFoundException: Requested resource not found");
}

TEST_F(GetItem, TablesOfOtherAccountsAreRefusedWhetherTheyExistOrNot) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}}})");
  db.account = "111111111111";
  for (std::string table : {"hash", "nope"}) {
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/" + table;
    EXPECT_EQ(db.error("GetItem", R"({"TableName":")" + arn + R"(","Key":{"id":{"S":"a"}}})"),
              "AccessDeniedException: User: anonymous is not authorized to perform: dynamodb:GetItem on resource: " +
                  arn + " because no resource-based policy allows the dynamodb:GetItem action");
    EXPECT_EQ(
        db.error("DeleteTable", R"({"TableName":")" + arn + "\"}"),
        "AccessDeniedException: User: anonymous is not authorized to perform: dynamodb:DeleteTable on resource: " +
            arn + " because no resource-based policy allows the dynamodb:DeleteTable action");
  }
}

TEST_F(GetItem, RegionsAndAccountsAreApart) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}}})");
  db.region = "eu-west-1";
  EXPECT_EQ(db.error("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"),
            "ResourceNotFoundException: Requested resource not found");
}

TEST_F(UpdateItem, CreatesAndChanges) {
  auto reply =
      db.ok("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :one SET s = :s",
    "ExpressionAttributeValues":{":one":{"N":"1"},":s":{"S":"x"}},"ReturnValues":"ALL_NEW"})");
  EXPECT_EQ(reply, json_of(R"({"Attributes":{"id":{"S":"a"},"s":{"S":"x"},"n":{"N":"1"}}})"));
  auto update = [&](std::string_view returned) {
    return db.ok("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :one",
      "ExpressionAttributeValues":{":one":{"N":"1"}},"ReturnValues":")" +
                                   std::string(returned) + R"("})");
  };
  EXPECT_EQ(update("UPDATED_NEW"), json_of(R"({"Attributes":{"n":{"N":"2"}}})"));
  EXPECT_EQ(update("UPDATED_OLD"), json_of(R"({"Attributes":{"n":{"N":"2"}}})"));
  EXPECT_EQ(update("ALL_OLD"), json_of(R"({"Attributes":{"id":{"S":"a"},"s":{"S":"x"},"n":{"N":"3"}}})"));
  EXPECT_EQ(update("NONE"), json_of("{}"));
}

TEST_F(UpdateItem, WithoutExpressionPutsTheKey) {
  db.ok("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})");
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}}})"),
            json_of(R"({"Item":{"id":{"S":"a"}}})"));
  EXPECT_EQ(item_count("hash"), 1);
}

TEST_F(UpdateItem, ThatOnlyRemovesCreatesNothing) {
  db.ok("CreateTable", R"({"TableName":"logged","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})");
  const std::string start = R"({"TableName":"logged","Key":{"id":{"S":"a"}},)";
  for (
      std::string_view rest : {
          R"("UpdateExpression":"REMOVE a","ReturnValues":"ALL_NEW"})",
          R"("UpdateExpression":"REMOVE x.y, z[0]","ReturnValues":"UPDATED_NEW"})",
          R"("UpdateExpression":"DELETE a :s","ExpressionAttributeValues":{":s":{"SS":["x"]}},"ReturnValues":"ALL_NEW"})",
          R"("AttributeUpdates":{"a":{"Action":"DELETE"}},"ReturnValues":"ALL_NEW"})",
          R"("AttributeUpdates":{"a":{"Action":"DELETE","Value":{"SS":["x"]}}},"ReturnValues":"ALL_OLD"})",
      })
    EXPECT_EQ(db.ok("UpdateItem", start + std::string(rest)), json_of("{}")) << rest;
  db.ok("TransactWriteItems", R"({"TransactItems":[{"Update":)" + start + R"("UpdateExpression":"REMOVE a"}}]})");
  EXPECT_EQ(db.ok("Scan", R"({"TableName":"logged"})").at("Count"), 0);
  EXPECT_EQ(item_count("logged"), 0);
  // With something to set, or with nothing at all to do, there is an item afterwards.
  db.ok("UpdateItem", start + R"("AttributeUpdates":{}})");
  EXPECT_EQ(item_count("logged"), 1);
}

TEST_F(UpdateItem, RefusesToChangeTheKey) {
  EXPECT_EQ(db.error("UpdateItem", R"({"TableName":"range","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},
    "UpdateExpression":"SET sk = :v","ExpressionAttributeValues":{":v":{"N":"2"}}})"),
            "ValidationException: One or more parameter values were invalid: Cannot update attribute sk. "
            "This attribute is part of the key");
}

TEST_F(UpdateItem, ChecksTheSizeAfterwards) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"S":")" + std::string(300'000, 'x') + R"("}}})");
  EXPECT_EQ(db.error("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"SET w = :w",
    "ExpressionAttributeValues":{":w":{"S":")" +
                                       std::string(200'000, 'x') + R"("}}})"),
            "ValidationException: Item size to update has exceeded the maximum allowed size");
}

// The statement may have 409,600 bytes too, counted as measured on AWS; with a key as short as this one it is what binds.
TEST_F(UpdateItem, ChargesForTheStatement) {
  constexpr std::size_t kBaseAndPad = 3 + 19 + 1;  // SET b = :pad
  struct Case {
    const char* seed;  // attributes beside the key
    const char* expression;  // beside b = :pad
    const char* values;
    std::size_t charge;
  };
  const std::string hundred(100, 's');
  const Case cases[] = {
      {"", "SET b = :pad", "", 0},
      {"", "SET b = :pad, c = :c", R"(,":c":{"S":"y"})", 19 + 1 + 1},
      {R"(,"m":{"M":{"z":{"S":"yyyyy"}}})", "SET b = :pad, c = m.z", "", 19 + 1 + 1 + 15 + 15},
      {R"(,"l":{"L":[{"S":"e"}]})", "SET b = :pad, l = list_append(l, :n)", R"(,":n":{"L":[{"S":"12345"}]})",
       19 + 1 + 37 + 16 + 3 + 1 + 5},
      {R"(,"n":{"N":"12345678901234567890"})", "SET b = :pad, n = n + :one", R"(,":one":{"N":"1"})",
       19 + 1 + 34 + 16 + 2},
      {R"(,"n":{"N":"1"})", "SET b = :pad, n = n - :one", R"(,":one":{"N":"1"})", 19 + 1 + 37 + 16 + 2},
      {R"(,"c":{"S":"c"})", "SET b = :pad, c = if_not_exists(c, :v)", R"(,":v":{"S":"vvv"})", 19 + 1 + 39 + 16 + 3},
      {R"(,"ss":{"SS":["old"]})", "SET b = :pad ADD ss :n", R"(,":n":{"SS":["old","newer"]})", 19 + 2 + 5},
      {R"(,"m":{"M":{"x":{"S":"r"}}})", "SET b = :pad REMOVE m.x", "", 1 + 1 + 4 + 1},
      {R"(,"l":{"L":[{"S":"e"},{"S":"r"}]})", "SET b = :pad REMOVE l[1]", "", 1 + 1 + 4 + 1},
      {R"(,"ss":{"SS":["old","older"]})", "SET b = :pad DELETE ss :n", R"(,":n":{"SS":["older"]})", 1 + 2},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.expression);
    const auto update = [&](std::size_t padding) {
      db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"})" + std::string(one.seed) + "}}");
      return R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":")" + std::string(one.expression) +
             R"(","ExpressionAttributeValues":{":pad":{"S":")" + std::string(padding, 'x') + "\"}" + one.values + "}}";
    };
    const std::size_t most = 409'600 - kBaseAndPad - one.charge;
    db.ok("UpdateItem", update(most));
    EXPECT_EQ(db.error("UpdateItem", update(most + 1)),
              "ValidationException: Item size to update has exceeded the maximum allowed size");
  }
}

TEST_F(UpdateItem, WithoutAnExpressionPaysNothingForTheStatement) {
  const auto update = [](std::size_t padding) {
    return R"({"TableName":"hash","Key":{"id":{"S":"a"}},"AttributeUpdates":{"b":{"Value":{"S":")" +
           std::string(padding, 'x') + R"("}}}})";
  };
  const std::size_t most = 409'600 - 4;  // id, a, b
  db.ok("UpdateItem", update(most));
  EXPECT_EQ(db.error("UpdateItem", update(most + 1)),
            "ValidationException: Item size to update has exceeded the maximum allowed size");
}

TEST_F(DeleteItem, ReturnsWhatItRemoved) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"N":"1"}}})");
  std::string request = R"({"TableName":"hash","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD"})";
  EXPECT_EQ(db.ok("DeleteItem", request), json_of(R"({"Attributes":{"id":{"S":"a"},"v":{"N":"1"}}})"));
  EXPECT_EQ(db.ok("DeleteItem", request), json_of("{}"));
  EXPECT_EQ(item_count("hash"), 0);
}

TEST_F(DeleteItem, ConditionOnAbsentItemFails) {
  EXPECT_EQ(db.error("DeleteItem",
                     R"j({"TableName":"hash","Key":{"id":{"S":"a"}},"ConditionExpression":"attribute_exists(id)"})j"),
            "ConditionalCheckFailedException: The conditional request failed");
}

TEST_F(WriteConcurrency, CountersOfTwoLoopsLoseNothing) {
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 400; ++i)
    answers.push_back(db.start("UpdateItem",
                               R"({"TableName":"hash","Key":{"id":{"S":"c"}},"UpdateExpression":"ADD n :one",
      "ExpressionAttributeValues":{":one":{"N":"1"}}})",
                               i % 2));
  for (auto& answer : answers) EXPECT_EQ(answer.get().error, "");
  EXPECT_EQ(db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"c"}}})"),
            json_of(R"({"Item":{"id":{"S":"c"},"n":{"N":"400"}}})"));
  EXPECT_EQ(item_count("hash"), 1);
}

TEST_F(WriteConcurrency, OneOfManyConditionalPutsWins) {
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 100; ++i)
    answers.push_back(db.start(
        "PutItem", R"j({"TableName":"hash","Item":{"id":{"S":"w"}},"ConditionExpression":"attribute_not_exists(id)"})j",
        i % 2));
  int won = 0;
  for (auto& answer : answers) won += answer.get().error.empty();
  EXPECT_EQ(won, 1);
}

TEST_F(UpdateItem, ReadsNothingInsideOfAKey) {
  const std::string refusal =
      "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: "
      "Key: id";
  for (const std::string_view update : {"SET a = id[2]", "SET a = if_not_exists(id.x, id)", "SET a = id.x + id[0]"})
    EXPECT_EQ(db.error("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":")" +
                                         std::string(update) + "\"}"),
              refusal)
        << update;
}

}  // namespace
}  // namespace brume::dynamodb
