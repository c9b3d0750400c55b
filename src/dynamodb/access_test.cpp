// What item operations and statements ask for; the rest of the tables is looked at where all services stand together.
#include "dynamodb/access.h"

#include <gtest/gtest.h>

namespace brume::dynamodb {
namespace {

/// "ACTION RESOURCE" of each, with the account's prefix left out.
std::vector<std::string> asked(service::AccessOf resource_of, std::string_view operation, std::string_view body) {
  const service::ServiceModel& model = service::dynamodb_model();
  const Entry entry{&model, model.operation(operation), nullptr, false};
  Call call;
  call.region = "us-east-1";
  call.caller.account = "111122223333";
  call.body = body;
  std::vector<std::string> out;
  constexpr std::string_view kOwn = "arn:aws:dynamodb:us-east-1:111122223333:";
  for (const Access& access : resource_of(entry, call)) {
    std::string resource = access.resource;
    if (resource.starts_with(kOwn)) resource.erase(0, kOwn.size());
    out.push_back(access.action + " " + resource);
  }
  return out;
}
using List = std::vector<std::string>;

TEST(Access, ItemsStandInTables) {
  EXPECT_EQ(asked(item_table, "GetItem", R"({"Key":{},"TableName":"t"})"), List{"dynamodb:GetItem table/t"});
  EXPECT_EQ(asked(item_table, "PutItem", R"({"TableName":"arn:aws:dynamodb:us-east-1:999999999999:table/t"})"),
            List{"dynamodb:PutItem arn:aws:dynamodb:us-east-1:999999999999:table/t"});
}

TEST(Access, OfAMemberThatIsThereTwiceTheSameCountsAsForTheHandler) {
  // Request reads the last one: so who may use `a` alone does not get at `b`.
  EXPECT_EQ(asked(item_table, "GetItem", R"({"TableName":"a","TableName":"b"})"), List{"dynamodb:GetItem table/b"});
  EXPECT_EQ(asked(item_table, "GetItem", R"({"TableName":"a","\u0054ableName":"b"})"),
            List{"dynamodb:GetItem table/b"});
}

TEST(Access, WhatCannotBeReadNamesNothing) {
  for (const char* body : {"", "[]", "{", R"({"TableName":7})", R"({"TableName":null})"})
    EXPECT_EQ(asked(item_table, "GetItem", body), List{"dynamodb:GetItem table/"}) << body;
  for (const char* body : {"", R"({"TransactItems":7})", R"({"TransactItems":[7]})", R"({"TransactItems":[{}]})"})
    EXPECT_EQ(asked(transacted_items, "TransactWriteItems", body), List{"dynamodb:TransactWriteItems *"}) << body;
  EXPECT_EQ(asked(statements, "ExecuteStatement", R"({"Statement":"SELEKT"})"), List{"dynamodb:ExecuteStatement *"});
}

TEST(Access, ReadsOfAnIndexAskForItAlone) {
  EXPECT_EQ(asked(read_table, "Query", R"({"TableName":"t","IndexName":"i"})"), List{"dynamodb:Query table/t/index/i"});
  EXPECT_EQ(asked(read_table, "Scan", R"({"TableName":"t"})"), List{"dynamodb:Scan table/t"});
}

TEST(Access, BatchesAskForEachTable) {
  EXPECT_EQ(asked(batched_tables, "BatchGetItem", R"({"RequestItems":{"a":{},"b":{},"a":{}}})"),
            (List{"dynamodb:BatchGetItem table/a", "dynamodb:BatchGetItem table/b"}));
}

TEST(Access, TransactionsAskForEachOfTheirActions) {
  EXPECT_EQ(asked(transacted_items, "TransactWriteItems",
                  R"({"TransactItems":[{"Put":{"TableName":"a"}},{"Update":{"TableName":"a"}},
                      {"Delete":{"TableName":"b"}},{"ConditionCheck":{"TableName":"c"}},{"Put":{"TableName":"a"}}]})"),
            (List{"dynamodb:PutItem table/a", "dynamodb:UpdateItem table/a", "dynamodb:DeleteItem table/b",
                  "dynamodb:ConditionCheckItem table/c"}));
  EXPECT_EQ(asked(transacted_items, "TransactGetItems", R"({"TransactItems":[{"Get":{"TableName":"a"}}]})"),
            List{"dynamodb:GetItem table/a"});
}

TEST(Access, StatementsHaveActionsOfTheirOwn) {
  EXPECT_EQ(asked(statements, "ExecuteStatement", R"({"Statement":"SELECT * FROM \"t\".\"i\" WHERE a=?"})"),
            List{"dynamodb:PartiQLSelect table/t/index/i"});
  EXPECT_EQ(
      asked(statements, "BatchExecuteStatement",
            R"({"Statements":[{"Statement":"INSERT INTO t VALUE {'a':1}"},{"Statement":"DELETE FROM u WHERE a=1"}]})"),
      (List{"dynamodb:PartiQLInsert table/t", "dynamodb:PartiQLDelete table/u"}));
  EXPECT_EQ(asked(statements, "ExecuteTransaction",
                  R"json({"TransactStatements":[{"Statement":"UPDATE t SET b=1 WHERE a=1"},
                      {"Statement":"EXISTS(SELECT * FROM u WHERE a=1 AND b=2)"}]})json"),
            (List{"dynamodb:PartiQLUpdate table/t", "dynamodb:PartiQLSelect table/u"}));
}

}  // namespace
}  // namespace brume::dynamodb
