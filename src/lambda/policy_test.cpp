#include "lambda/policy.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

constexpr const char* kOwner = "111111111111";
constexpr const char* kInvoke = "lambda:InvokeFunction";

json::array policy(std::string_view principal, json::object more = {}) {
  json::object input{{"StatementId", "s"}, {"Action", kInvoke}, {"Principal", principal}};
  for (auto& [key, value] : more) input[key] = value;
  return {make_statement(input, "arn:aws:lambda:us-east-1:111111111111:function:f")};
}
Actor user(std::string account, std::string name = "ann") {
  return {.account = account, .arn = "arn:aws:iam::" + account + ":user/" + name};
}
Actor api(std::string arn, std::string account) {
  return {.service = "apigateway.amazonaws.com", .source_arn = std::move(arn), .source_account = std::move(account)};
}

TEST(FunctionPolicy, OtherAccountsNeedAStatement) {
  EXPECT_TRUE(may_act({}, kOwner, user(kOwner), kInvoke));
  EXPECT_FALSE(may_act({}, kOwner, user("222222222222"), kInvoke));
  EXPECT_TRUE(may_act(policy("222222222222"), kOwner, user("222222222222"), kInvoke));
  EXPECT_TRUE(may_act(policy("arn:aws:iam::222222222222:root"), kOwner, user("222222222222"), kInvoke));
  EXPECT_TRUE(may_act(policy("*"), kOwner, user("222222222222"), kInvoke));
  EXPECT_TRUE(may_act(policy("arn:aws:iam::222222222222:user/ann"), kOwner, user("222222222222"), kInvoke));
  EXPECT_FALSE(may_act(policy("arn:aws:iam::222222222222:user/ann"), kOwner, user("222222222222", "bob"), kInvoke));
  EXPECT_FALSE(may_act(policy("333333333333"), kOwner, user("222222222222"), kInvoke));
  EXPECT_FALSE(may_act(policy("apigateway.amazonaws.com"), kOwner, user("222222222222"), kInvoke));
}

TEST(FunctionPolicy, ARoleStandsForItsSessions) {
  const Actor session{.account = "222222222222", .arn = "arn:aws:sts::222222222222:assumed-role/worker/s"};
  EXPECT_TRUE(may_act(policy("arn:aws:iam::222222222222:role/worker"), kOwner, session, kInvoke));
  EXPECT_FALSE(may_act(policy("arn:aws:iam::222222222222:role/other"), kOwner, session, kInvoke));
}

TEST(FunctionPolicy, OneActionIsNotAnother) {
  EXPECT_FALSE(may_act(policy("222222222222"), kOwner, user("222222222222"), "lambda:GetFunction"));
  EXPECT_TRUE(
      may_act(policy("222222222222", {{"Action", "lambda:*"}}), kOwner, user("222222222222"), "lambda:GetFunction"));
}

TEST(FunctionPolicy, ServicesNeedOneWhateverTheAccount) {
  const std::string arn = "arn:aws:execute-api:us-east-1:111111111111:abc/prod/GET/";
  EXPECT_FALSE(may_act({}, kOwner, api(arn, kOwner), kInvoke));
  EXPECT_TRUE(may_act(policy("apigateway.amazonaws.com"), kOwner, api(arn, kOwner), kInvoke));
  const json::array one =
      policy("apigateway.amazonaws.com", {{"SourceArn", "arn:aws:execute-api:us-east-1:111111111111:abc/*"}});
  EXPECT_TRUE(may_act(one, kOwner, api(arn, kOwner), kInvoke));
  EXPECT_FALSE(may_act(one, kOwner, api("arn:aws:execute-api:us-east-1:111111111111:xyz/prod/GET/", kOwner), kInvoke));
  EXPECT_FALSE(may_act(policy("222222222222"), kOwner, api(arn, "222222222222"), kInvoke))
      << "an account is no service";
}

TEST(FunctionPolicy, AConditionOnWhatTheCallLacksDoesNotHold) {
  EXPECT_FALSE(may_act(policy("222222222222", {{"SourceArn", "*"}}), kOwner, user("222222222222"), kInvoke));
  EXPECT_FALSE(may_act(policy("*", {{"SourceAccount", "222222222222"}}), kOwner, user("222222222222"), kInvoke));
}

TEST(FunctionPolicy, PrincipalsAreChecked) {
  for (const char* bad : {"x", "arn:aws:s3:::bucket", "arn:aws:iam::*:root", "lambda.example.org"})
    EXPECT_THROW(policy(bad), AwsError) << bad;
}

TEST(FunctionPolicy, SomeOperationsAreTheOwnersAlone) {
  for (const char* name : {"CreateFunction", "UpdateFunctionConfiguration", "AddPermission", "RemovePermission", ""})
    EXPECT_FALSE(may_cross_accounts(name)) << name;
  EXPECT_TRUE(may_cross_accounts("Invoke"));
}

}  // namespace
}  // namespace brume::lambda
