#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

/// A table whose attribute g is a key of two indexes, the later made of which comes first by name.
class IndexKeys : public DynamoDbTest {
 protected:
  void SetUp() override {
    db.ok("CreateTable", R"({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"},
        {"AttributeName":"b","AttributeType":"B"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
      "GlobalSecondaryIndexes":[
        {"IndexName":"zeta","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}},
        {"IndexName":"alpha","KeySchema":[{"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],
         "Projection":{"ProjectionType":"ALL"}}]})");
    db.ok("PutItem", R"({"TableName":"tab","Item":{"id":{"S":"a"},"n":{"N":"1"},"e":{"S":""},"s":{"S":"fine"}}})");
  }

  std::string update_body(std::string_view expression, std::string_view value, std::string_view more = "") {
    std::string body = R"("TableName":"tab","Key":{"id":{"S":"a"}},"UpdateExpression":")" + std::string(expression) +
                       '"';
    if (!value.empty()) body += R"(,"ExpressionAttributeValues":{":v":)" + std::string(value) + "}";
    return body + std::string(more);
  }
  std::string update(std::string_view expression, std::string_view value = "", std::string_view more = "") {
    return refused("UpdateItem", "{" + update_body(expression, value, more) + "}");
  }
  std::string refused(std::string_view operation, std::string_view body) {
    const Answer answer = db.call(operation, body);
    EXPECT_EQ(answer.error, "ValidationException") << body;
    return answer.message;
  }
  /// The message of the only reason.
  std::string transacted(std::string_view expression, std::string_view value) {
    const Answer answer =
        db.call("TransactWriteItems", R"({"TransactItems":[{"Update":{)" + update_body(expression, value) + "}}]}");
    EXPECT_EQ(answer.error, "TransactionCanceledException") << expression;
    return std::string(answer.members.at("CancellationReasons").at(0).at("Message").as_string());
  }
  std::string partiql(std::string_view statement) {
    return refused("ExecuteStatement", R"({"Statement":")" + std::string(statement) + R"("})");
  }
  static std::string mismatch(std::string_view actual) {
    return "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: " +
           std::string(actual) + " IndexName: alpha";
  }

  const std::string unsupported =
      "The update expression attempted to update the secondary index key to unsupported type";
  const std::string empty =
      "One or more parameter values are not valid. The update expression attempted to update a secondary index key to "
      "a "
      "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.";
};

TEST_F(IndexKeys, APutNamesTheFirstIndexByName) {
  auto put = [&](std::string_view g) {
    return refused("PutItem", R"({"TableName":"tab","Item":{"id":{"S":"x"},"g":)" + std::string(g) + "}}");
  };
  EXPECT_EQ(put(R"({"N":"1"})"), mismatch("N"));
  EXPECT_EQ(put(R"({"NULL":true})"), mismatch("NULL"));
  EXPECT_EQ(
      put(R"({"S":""})"),
      "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
      "AttributeValue for a key attribute cannot contain an empty string value. IndexName: alpha, IndexKey: g");
}

TEST_F(IndexKeys, AnUpdateThatGivesAWrongTypeIsWordedAsAPut) {
  EXPECT_EQ(update("SET g = :v", R"({"N":"5"})"), mismatch("N"));
  EXPECT_EQ(update("SET g = :v", R"({"NULL":true})"), mismatch("NULL"));
  EXPECT_EQ(update("SET g = :v", R"({"L":[{"S":"x"}]})"), mismatch("L"));
  EXPECT_EQ(update("ADD g :v", R"({"N":"5"})"), mismatch("N"));
  EXPECT_EQ(update("ADD g :v", R"({"SS":["x"]})"), mismatch("SS"));
  EXPECT_EQ(update("SET g = n + :v", R"({"N":"5"})"), mismatch("N"));
  EXPECT_EQ(update("SET g = list_append(:v, l)", R"({"L":[]})"), mismatch("L"));
  EXPECT_EQ(transacted("SET g = :v", R"({"N":"5"})"), mismatch("N"));
  EXPECT_EQ(partiql("UPDATE tab SET g=5 WHERE id='a'"), mismatch("N"));
  for (const char* action : {"PUT", "ADD"})
    EXPECT_EQ(refused("UpdateItem", R"({"TableName":"tab","Key":{"id":{"S":"a"}},"AttributeUpdates":{"g":{"Action":")" +
                                        std::string(action) + R"(","Value":{"N":"5"}}}})"),
              mismatch("N"));
  // Before any item is looked at.
  EXPECT_EQ(update("SET g = :v", R"({"N":"5"})", R"j(,"ConditionExpression":"attribute_exists(nothing)")j"),
            mismatch("N"));
}

TEST_F(IndexKeys, ATypeThatOnlyTheItemTellsIsUnsupported) {
  EXPECT_EQ(update("SET g = n"), unsupported);
  EXPECT_EQ(transacted("SET g = n", ""), unsupported);
  EXPECT_EQ(partiql("UPDATE tab SET g=n WHERE id='a'"), unsupported);
  db.ok("UpdateItem", "{" + update_body("SET g = s", "") + "}");
  db.ok("UpdateItem", "{" + update_body("REMOVE g", "") + "}");
}

TEST_F(IndexKeys, AnEmptyKeyOfAnUpdateIsRefusedAlsoInATransaction) {
  EXPECT_EQ(update("SET g = :v", R"({"S":""})"), empty);
  EXPECT_EQ(update("SET g = e"), empty);
  std::string binary = empty;
  binary.replace(binary.find("empty string"), 12, "empty binary");
  EXPECT_EQ(update("SET b = :v", R"({"B":""})"), binary);
  for (const char* body : {R"("SET g = :v","ExpressionAttributeValues":{":v":{"S":""}})", R"("SET g = e")"})
    EXPECT_EQ(refused("TransactWriteItems",
                      R"({"TransactItems":[{"Update":{"TableName":"tab","Key":{"id":{"S":"a"}},"UpdateExpression":)" +
                          std::string(body) + "}}]}"),
              empty);
  EXPECT_EQ(partiql("UPDATE tab SET g='' WHERE id='a'"), empty);
}

}  // namespace
}  // namespace brume::dynamodb
