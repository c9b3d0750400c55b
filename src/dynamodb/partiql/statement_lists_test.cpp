// BatchExecuteStatement and ExecuteTransaction. The expectations are AWS's, measured where a text is given.
#include "dynamodb/test_service.h"

namespace brume::dynamodb {
namespace {

class PartiQlTest : public DynamoDbTest {
 protected:
  static boost::json::array statements(std::initializer_list<std::string_view> texts) {
    boost::json::array list;
    for (const std::string_view text : texts) list.push_back(boost::json::object{{"Statement", text}});
    return list;
  }
  static std::string body(std::string_view member, std::initializer_list<std::string_view> texts,
                          std::string_view more = "") {
    return "{\"" + std::string(member) + "\":" + boost::json::serialize(statements(texts)) + std::string(more) + "}";
  }
  void insert(std::string_view item) {
    db.ok("ExecuteStatement",
          boost::json::serialize(boost::json::object{{"Statement", "INSERT INTO hash VALUE " + std::string(item)}}));
  }
  boost::json::value item(std::string_view id) {
    const auto reply = db.ok("GetItem", R"({"TableName":"hash","Key":{"id":{"S":")" + std::string(id) + R"("}}})");
    return reply.contains("Item") ? reply.at("Item") : boost::json::value();
  }
};

class BatchExecuteStatement : public PartiQlTest {
 protected:
  boost::json::array run(std::initializer_list<std::string_view> texts) {
    return db.ok("BatchExecuteStatement", body("Statements", texts)).at("Responses").as_array();
  }
  static std::string error(const boost::json::value& response) {
    const auto& error = response.at("Error").as_object();
    return std::string(error.at("Code").as_string()) + ": " + std::string(error.at("Message").as_string());
  }
};

TEST_F(BatchExecuteStatement, EachReadAnswersForItself) {
  insert("{'id':'a','m':{'k':1}}");
  const auto responses = run({"SELECT m.k FROM hash WHERE id='a'", "SELECT * FROM hash WHERE id IN ['none']",
                              "SELECT * FROM hash WHERE m='a'", "SELECT * FROM nobody WHERE id='a'", "SLECT",
                              "SELECT * FROM hash WHERE id='a' AND m=1", "SELECT * FROM hash.idx WHERE id='a'",
                              "SELECT * FROM hash WHERE id=1"});
  ASSERT_EQ(responses.size(), 8u);
  EXPECT_EQ(responses[0], json_of(R"({"TableName":"hash","Item":{"k":{"N":"1"}}})"));
  EXPECT_EQ(responses[1], json_of(R"({"TableName":"hash"})"));
  const std::string needs_key =
      "ValidationError: Select statements within BatchExecuteStatement must specify the primary key in the where "
      "clause.";
  EXPECT_EQ(error(responses[2]), needs_key);
  EXPECT_FALSE(responses[2].as_object().contains("TableName"));
  EXPECT_EQ(error(responses[3]), "ResourceNotFound: Requested resource not found");
  EXPECT_EQ(error(responses[4]),
            "ValidationError: Statement wasn't well formed, can't be processed: Expected data manipulation");
  EXPECT_EQ(error(responses[5]), needs_key);
  EXPECT_EQ(error(responses[6]), "ValidationError: The table does not have the specified index");
  EXPECT_EQ(error(responses[7]),
            "ValidationError: Key attribute's data type should match its data type in table's schema: Key id");
}

TEST_F(BatchExecuteStatement, FailedWritesLeaveTheOthersDone) {
  insert("{'id':'a','v':1}");
  const auto responses = run({"INSERT INTO hash VALUE {'id':'a'}", "UPDATE hash SET v=2 WHERE id='a' AND v=9",
                              "INSERT INTO hash VALUE {'id':'b'}", "DELETE FROM hash WHERE id='a' RETURNING ALL OLD *",
                              "UPDATE hash SET v=1"});
  EXPECT_EQ(error(responses[0]), "DuplicateItem: Duplicate primary key exists in table");
  EXPECT_EQ(responses[0].at("TableName"), "hash");
  EXPECT_EQ(error(responses[1]), "ConditionalCheckFailed: The conditional request failed");
  EXPECT_EQ(responses[1].at("TableName"), "hash");
  EXPECT_EQ(responses[2], json_of(R"({"TableName":"hash"})"));
  EXPECT_EQ(responses[3], json_of(R"({"TableName":"hash","Item":{"id":{"S":"a"},"v":{"N":"1"}}})"));
  EXPECT_EQ(error(responses[4]),
            "ValidationError: Where clause does not contain a mandatory equality on all key attributes");
  EXPECT_FALSE(responses[4].as_object().contains("TableName"));
  EXPECT_TRUE(item("a").is_null());
  EXPECT_FALSE(item("b").is_null());
}

TEST_F(BatchExecuteStatement, ReadsAndWritesDoNotMix) {
  EXPECT_EQ(db.error("BatchExecuteStatement",
                     body("Statements", {"SELECT * FROM hash WHERE id='a'", "INSERT INTO hash VALUE {'id':'a'}"})),
            "ValidationException: BatchExecuteStatement API does not support both read and write operations in the "
            "same request.");
  EXPECT_TRUE(item("a").is_null());
}

TEST_F(BatchExecuteStatement, ChecksItsMembers) {
  EXPECT_EQ(db.error("BatchExecuteStatement", R"({"Statements":[]})"),
            "ValidationException: 1 validation error detected: Value '[]' at 'statements' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(db.error("BatchExecuteStatement", R"({"Statements":[{}]})"),
            "ValidationException: 1 validation error detected: Value null at 'statements.1.member.statement' failed to "
            "satisfy constraint: Member must not be null");
  boost::json::array many(26, boost::json::object{{"Statement", "SELECT"}});
  EXPECT_TRUE(db.error("BatchExecuteStatement", boost::json::serialize(boost::json::object{{"Statements", many}}))
                  .ends_with("Member must have length less than or equal to 25"));
}

class ExecuteTransaction : public PartiQlTest {
 protected:
  boost::json::object run(std::initializer_list<std::string_view> texts, std::string_view more = "") {
    return db.ok("ExecuteTransaction", body("TransactStatements", texts, more));
  }
  Answer call(std::initializer_list<std::string_view> texts, std::string_view more = "") {
    return db.call("ExecuteTransaction", body("TransactStatements", texts, more));
  }
  std::string refusal(std::initializer_list<std::string_view> texts) {
    const Answer answer = call(texts);
    EXPECT_EQ(answer.error, "ValidationException") << answer.message;
    return answer.message;
  }
  /// "Code,Code: message of the first that has one".
  std::string reasons(std::initializer_list<std::string_view> texts) {
    const Answer answer = call(texts);
    EXPECT_EQ(answer.error, "TransactionCanceledException") << answer.message;
    std::string codes, message;
    for (const auto& reason : answer.members.at("CancellationReasons").as_array()) {
      (codes += codes.empty() ? "" : ",") += std::string_view(reason.at("Code").as_string());
      if (const auto* text = reason.as_object().if_contains("Message"); text && message.empty())
        message = text->as_string();
    }
    EXPECT_EQ(answer.message.find("[" + codes.substr(0, codes.find(','))) == std::string::npos, false);
    return codes + ": " + message;
  }
};

TEST_F(ExecuteTransaction, WritesAllOrNothing) {
  insert("{'id':'a','v':1}");
  EXPECT_EQ(run({"INSERT INTO hash VALUE {'id':'b'}", "UPDATE hash SET v=2 WHERE id='a'",
                 "EXISTS(SELECT * FROM hash WHERE id='c' AND v IS MISSING)"}),
            json_of(R"({"Responses":[]})"));
  EXPECT_EQ(item("a"), json_of(R"({"id":{"S":"a"},"v":{"N":"2"}})"));
  EXPECT_EQ(reasons({"INSERT INTO hash VALUE {'id':'b'}", "INSERT INTO hash VALUE {'id':'d'}"}),
            "DuplicateItem,None: Duplicate primary key exists in table");
  EXPECT_TRUE(item("d").is_null());
  EXPECT_EQ(reasons({"UPDATE hash SET v=3 WHERE id='a'", "EXISTS(SELECT * FROM hash WHERE id='b' AND v=1)"}),
            "None,ConditionalCheckFailed: The conditional request failed");
  EXPECT_EQ(item("a"), json_of(R"({"id":{"S":"a"},"v":{"N":"2"}})"));
  EXPECT_EQ(reasons({"UPDATE hash SET v=3 WHERE id='none'"}), "ConditionalCheckFailed: The conditional request failed");
}

TEST_F(ExecuteTransaction, ReadsSeveralItems) {
  insert("{'id':'a','m':{'k':1}}");
  EXPECT_EQ(run({"SELECT m.k FROM hash WHERE id='a'", "SELECT * FROM hash WHERE id='none'"},
                R"(,"ReturnConsumedCapacity":"TOTAL")"),
            json_of(R"({"ConsumedCapacity":[{"TableName":"hash","CapacityUnits":4.0,"ReadCapacityUnits":4.0}],
                        "Responses":[{"Item":{"k":{"N":"1"}}},{}]})"));
  EXPECT_EQ(refusal({"SELECT * FROM hash WHERE id='a'", "SELECT m FROM hash WHERE id='a'"}),
            "Transaction request cannot include multiple operations on one item");
  EXPECT_EQ(reasons({"SELECT * FROM hash WHERE id='a'", "SELECT * FROM hash WHERE id=1"}),
            "None,ValidationError: The provided key element does not match the schema");
}

TEST_F(ExecuteTransaction, TokenMakesItIdempotent) {
  insert("{'id':'a','n':0}");
  const std::string more = R"(,"ClientRequestToken":"once","ReturnConsumedCapacity":"TOTAL")";
  const auto units = [&](std::string_view kind) {
    return run({"UPDATE hash SET n=n+1 WHERE id='a'"}, more).at("ConsumedCapacity").at(0).at(kind).as_double();
  };
  EXPECT_EQ(units("WriteCapacityUnits"), 2.0);
  EXPECT_EQ(units("ReadCapacityUnits"), 2.0);
  EXPECT_EQ(item("a").at("n"), json_of(R"({"N":"1"})"));
  EXPECT_EQ(call({"UPDATE hash SET n=n+2 WHERE id='a'"}, more).error, "IdempotentParameterMismatchException");
}

TEST_F(ExecuteTransaction, SaysWhichStatementIsRefused) {
  const std::string first = "Validation failed in TransactStatements[0]: ";
  EXPECT_EQ(refusal({"SELECT * FROM hash WHERE"}),
            first + "Statement wasn't well formed, can't be processed: Unexpected term");
  EXPECT_EQ(refusal({"UPDATE hash SET v=1 WHERE id='a' RETURNING ALL NEW *"}),
            first + "RETURNING clause is not supported in ExecuteTransaction.");
  EXPECT_EQ(refusal({"SELECT * FROM hash.idx WHERE id='a'"}),
            first + "Reads on indices are not supported within transactions.");
  const std::string needs_key =
      first + "Select statements within ExecuteTransaction must specify the primary key in the where clause.";
  EXPECT_EQ(refusal({"SELECT * FROM hash WHERE id='a' AND v=1"}), needs_key);
  EXPECT_EQ(refusal({"SELECT * FROM hash WHERE id='a' AND id='b'"}), needs_key);
  EXPECT_EQ(refusal({"SELECT * FROM hash WHERE id IN ['a','a']"}),
            first + "Overlapping conditions with range keys are not supported in where clause");
  EXPECT_EQ(refusal({"EXISTS(SELECT * FROM hash WHERE id='a')"}),
            first + "EXISTS() must contain a single item read with additional condition");
  EXPECT_EQ(refusal({"SELECT * FROM hash WHERE id='a'", "DELETE FROM hash WHERE id='a'"}),
            "ExecuteTransaction API does not support both read and write operations in the same request.");
}

TEST_F(ExecuteTransaction, IncompleteKeysAndMissingTablesCancel) {
  EXPECT_EQ(reasons({"UPDATE \"range\" SET a=1 WHERE pk='x'", "UPDATE \"range\" SET a=1 WHERE pk='x' AND sk='1'",
                     "DELETE FROM \"range\" WHERE pk='x' AND sk=1 AND pk='y'", "DELETE FROM hash WHERE id='a'"}),
            "ValidationError,None,None,None: "
            "The provided key element does not match the schema");
  EXPECT_EQ(reasons({"INSERT INTO hash VALUE {'v':1}"}),
            "ValidationError: One or more parameter values were invalid: Missing the key id in the item");
  EXPECT_EQ(reasons({"DELETE FROM hash WHERE id='a'", "UPDATE nobody SET a=1 WHERE pk='x' RETURNING ALL NEW *"}),
            "None,ResourceNotFound: Requested resource not found");
}

}  // namespace
}  // namespace brume::dynamodb
