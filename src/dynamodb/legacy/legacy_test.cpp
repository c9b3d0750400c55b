#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

using LegacyParameters = DynamoDbTest;

TEST_F(LegacyParameters, ExpectedGuardsWrites) {
  std::string put = R"({"TableName":"hash","Item":{"id":{"S":"a"},"n":{"N":"1"}},"Expected":)";
  db.ok("PutItem", put + R"({"id":{"Exists":false}}})");
  EXPECT_EQ(db.error("PutItem", put + R"({"id":{"Exists":false}}})"),
            "ConditionalCheckFailedException: The conditional request failed");
  db.ok("PutItem", put + R"({"n":{"Value":{"N":"1"}}}})");
  db.ok("PutItem", put + R"({"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"0"},{"N":"2"}]}}})");
  EXPECT_NE(db.error("PutItem", put + R"({"n":{"Value":{"N":"1"}},"x":{"Value":{"N":"1"}}}})"), "");
  db.ok("PutItem", put + R"({"n":{"Value":{"N":"1"}},"x":{"Value":{"N":"1"}}},"ConditionalOperator":"OR"})");
}

TEST_F(LegacyParameters, ExpectedReportsAwsTexts) {
  auto failure = [&](std::string_view expected) {
    return db.error("PutItem",
                    R"({"TableName":"hash","Item":{"id":{"S":"a"}},"Expected":{"n":)" + std::string(expected) + "}}");
  };
  std::string invalid = "ValidationException: 1 validation error detected: One or more parameter values were invalid: ";
  EXPECT_EQ(failure("{}"), invalid + "Value must be provided when Exists is null for Attribute: n");
  EXPECT_EQ(failure(R"({"Exists":false,"Value":{"S":"a"}})"),
            invalid + "Value cannot be used when Exists is false for Attribute: n");
  EXPECT_EQ(failure(R"({"ComparisonOperator":"EQ"})"),
            invalid + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: n");
  EXPECT_EQ(failure(R"({"ComparisonOperator":"EQ","AttributeValueList":[]})"),
            invalid + "Invalid number of argument(s) for the EQ ComparisonOperator");
}

TEST_F(LegacyParameters, AttributeUpdatesPutAddAndDelete) {
  std::string update = R"({"TableName":"hash","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW","AttributeUpdates":)";
  EXPECT_EQ(db.ok("UpdateItem", update + R"({"n":{"Action":"ADD","Value":{"N":"2"}},"s":{"Value":{"SS":["x","y"]}}}})"),
            json_of(R"({"Attributes":{"id":{"S":"a"},"n":{"N":"2"},"s":{"SS":["x","y"]}}})"));
  EXPECT_EQ(db.ok("UpdateItem",
                  update +
                      R"({"n":{"Action":"DELETE"},"s":{"Action":"DELETE","Value":{"SS":["x"]}},"l":{"Action":"ADD",
                "Value":{"L":[{"N":"1"}]}}}})"),
            json_of(R"({"Attributes":{"id":{"S":"a"},"s":{"SS":["y"]},"l":{"L":[{"N":"1"}]}}})"));
  EXPECT_EQ(
      db.ok("UpdateItem", update + R"({"l":{"Action":"ADD","Value":{"L":[{"N":"2"}]}}}})").at("Attributes").at("l"),
      json_of(R"({"L":[{"N":"1"},{"N":"2"}]})"));
  EXPECT_EQ(db.error("UpdateItem", update + R"({"n":{"Action":"ADD","Value":{"S":"2"}}}})"),
            "ValidationException: 1 validation error detected: One or more parameter values were invalid: ADD action "
            "is not supported for the type S");
}

TEST_F(LegacyParameters, AttributeUpdatesOfAnotherTypeHaveWordsOfTheirOwn) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"t":{"S":"text"},"s":{"SS":["x"]}}})");
  auto failure = [&](std::string_view attribute, std::string_view action, std::string_view value) {
    return db.error("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"AttributeUpdates":{")" +
                                      std::string(attribute) + R"(":{"Action":")" + std::string(action) +
                                      R"(","Value":)" + std::string(value) + "}}}");
  };
  const std::string mismatch = "ValidationException: Type mismatch for attribute to update";
  EXPECT_EQ(failure("t", "ADD", R"({"N":"1"})"), mismatch);
  EXPECT_EQ(failure("t", "ADD", R"({"SS":["x"]})"), mismatch);
  EXPECT_EQ(failure("t", "ADD", R"({"L":[{"S":"x"}]})"), mismatch);
  EXPECT_EQ(failure("t", "DELETE", R"({"SS":["x"]})"), mismatch);
  EXPECT_EQ(failure("s", "DELETE", R"({"NS":["1"]})"), mismatch);
  EXPECT_EQ(db.error("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD t :n",
              "ExpressionAttributeValues":{":n":{"N":"1"}}})"),
            "ValidationException: An operand in the update expression has an incorrect data type");
}

TEST_F(LegacyParameters, NotContainsIsFalseOfAnAbsentAttribute) {
  db.ok("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"t":{"S":"hello"}}})");
  auto put_if = [&](std::string_view attribute) {
    return db
        .call("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"},"t":{"S":"hello"}},"Expected":{")" +
                             std::string(attribute) +
                             R"(":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"x"}]}}})")
        .error;
  };
  EXPECT_EQ(put_if("t"), "");
  EXPECT_EQ(put_if("absent"), "ConditionalCheckFailedException");
  auto found = [&](std::string_view attribute) {
    return db
        .ok("Scan", R"({"TableName":"hash","ScanFilter":{")" + std::string(attribute) +
                        R"(":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"x"}]}}})")
        .at("Count");
  };
  EXPECT_EQ(found("t"), 1);
  EXPECT_EQ(found("absent"), 0);
}

TEST_F(LegacyParameters, AConditionalOperatorNeedsConditions) {
  const std::string text = "ConditionalOperator cannot be used without Filter or Expected";
  const std::string refusal = "ValidationException: 1 validation error detected: " + text;
  const std::string key = R"({"TableName":"hash","Key":{"id":{"S":"a"}},"ConditionalOperator":"OR")";
  for (const char* operation : {"UpdateItem", "DeleteItem"}) {
    EXPECT_EQ(db.error(operation, key + "}"), refusal) << operation;
    EXPECT_EQ(db.error(operation, key + R"(,"Expected":{}})"), refusal) << operation;
  }
  EXPECT_EQ(db.error("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"a"}},"ConditionalOperator":"AND"})"),
            refusal);
  EXPECT_EQ(db.error("Scan", R"({"TableName":"hash","ConditionalOperator":"AND"})"), "ValidationException: " + text);
  EXPECT_EQ(db.error("Query", R"({"TableName":"hash","ConditionalOperator":"AND","KeyConditions":{"id":{
    "ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}}})"),
            "ValidationException: " + text);
}

TEST_F(LegacyParameters, NoAttributeIsWithoutAName) {
  const std::string refusal = "ValidationException: Empty attribute name";
  const std::string key = R"({"TableName":"hash","Key":{"id":{"S":"a"}},)";
  EXPECT_EQ(db.error("UpdateItem", key + R"("AttributeUpdates":{"":{"Value":{"S":"x"}}}})"), refusal);
  EXPECT_EQ(db.error("DeleteItem", key + R"("Expected":{"":{"Value":{"S":"x"}}}})"), refusal);
  EXPECT_EQ(db.error("GetItem", key + R"("AttributesToGet":[""]})"), refusal);
  EXPECT_EQ(db.error("Scan", R"({"TableName":"hash","ScanFilter":{"":{"ComparisonOperator":"NULL"}}})"), refusal);
}

TEST_F(LegacyParameters, KeyConditionsAndQueryFilter) {
  for (int i = 0; i < 6; ++i) put_range("a", i, R"(,"odd":{"BOOL":)" + std::string(i % 2 ? "true" : "false") + "}");
  auto reply = db.ok("Query", R"({"TableName":"range","KeyConditions":{
      "pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]},
      "sk":{"ComparisonOperator":"GE","AttributeValueList":[{"N":"2"}]}},
    "QueryFilter":{"odd":{"ComparisonOperator":"EQ","AttributeValueList":[{"BOOL":true}]}},"AttributesToGet":["sk"]})");
  EXPECT_EQ(reply, json_of(R"({"Count":2,"ScannedCount":4,"Items":[{"sk":{"N":"3"}},{"sk":{"N":"5"}}]})"));
  EXPECT_EQ(db.error("Query",
                     R"({"TableName":"range","KeyConditions":{"sk":{"ComparisonOperator":"EQ",
            "AttributeValueList":[{"N":"1"}]}}})"),
            "ValidationException: Query condition missed key schema element: pk");
  EXPECT_EQ(db.error("Query",
                     R"({"TableName":"range","KeyConditions":{"pk":{"ComparisonOperator":"GT",
            "AttributeValueList":[{"S":"a"}]}}})"),
            "ValidationException: Query key condition not supported");
}

}  // namespace
}  // namespace brume::dynamodb
