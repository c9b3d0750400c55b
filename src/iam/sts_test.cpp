#include "iam/policy_document.h"
#include "iam/testing/iam_fixture.h"

namespace brume::iam::testing {
namespace {

using Sts = IamTest;
using RoleCredentials = IamTest;

constexpr const char* kRole = "arn:aws:iam::123456789012:role/worker";

std::string trust(std::string principal, std::string condition = "{}") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + principal +
         R"("},"Action":"sts:AssumeRole","Condition":)" + condition + "}]}";
}

TEST_F(Sts, CallerIdentityIsTheCallers) {
  EXPECT_EQ(json::serialize(call("GetCallerIdentity")),
            R"({"UserId":"123456789012","Account":"123456789012","Arn":"arn:aws:iam::123456789012:root"})");
  const StoredCredential key = run_task(iam->create_access_key("210987654321", "ann"));
  caller.access_key_id = key.access_key_id;
  EXPECT_EQ(text(call("GetCallerIdentity"), "Arn"), "arn:aws:iam::210987654321:user/ann");
  EXPECT_EQ(text(call("GetAccessKeyInfo", {{"AccessKeyId", key.access_key_id}}), "Account"), "210987654321");
}

TEST_F(Sts, AccountOfAForeignKeyIsReadFromItsId) {
  EXPECT_EQ(text(call("GetAccessKeyInfo", {{"AccessKeyId", "ASIAQNZGKIQY56JQ7WML"}}), "Account"), "029608264753");
  EXPECT_EQ(error("GetAccessKeyInfo", {{"AccessKeyId", "AKIA0000000000000000"}}),
            "400 ValidationError: Invalid Access Key ID: AKIA0000000000000000");
}

TEST_F(Sts, AssumedRoleHasDurableCredentialsWithAnEnd) {
  new_role("worker", kAccountTrust);
  const json::object made =
      call("AssumeRole", {{"RoleArn", kRole}, {"RoleSessionName", "build"}, {"DurationSeconds", 900}});
  const std::string id = at(made, "Credentials", "AccessKeyId");
  EXPECT_EQ(id.substr(0, 4), "ASIA");
  EXPECT_EQ(number(made.at("Credentials").as_object(), "Expiration"), 1'700'000'900);
  EXPECT_EQ(at(made, "AssumedRoleUser", "Arn"), "arn:aws:sts::123456789012:assumed-role/worker/build");
  restart();
  auto found = find(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session_token, at(made, "Credentials", "SessionToken"));
  EXPECT_EQ(found->secret_access_key, at(made, "Credentials", "SecretAccessKey"));
  EXPECT_EQ(found->user_id, at(made, "AssumedRoleUser", "AssumedRoleId"));
  EXPECT_EQ(found->expires, WallTime(std::chrono::seconds(1'700'000'900)));
  clock.advance(std::chrono::minutes(20));
  EXPECT_TRUE(find(id)) << "expired, but still told from unknown";
  clock.advance(std::chrono::hours(1));
  EXPECT_FALSE(find(id));
}

TEST_F(Sts, WhatIsNoArnIsInvalid) {
  for (const std::string arn : {"nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role",
                                "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:"})
    EXPECT_EQ(error("AssumeRole", {{"RoleArn", arn}, {"RoleSessionName", "s"}}),
              "400 ValidationError: " + arn + " is invalid");
}

TEST_F(Sts, ARoleThatNobodyMadeIsTakenAtItsWordWhereItsNameCouldBeOne) {
  take_any_role();
  const std::string roles = "arn:aws:iam::123456789012:role/";
  const auto assume = [&](const std::string& arn) {
    return error("AssumeRole", {{"RoleArn", arn}, {"RoleSessionName", "build"}});
  };
  for (const std::string& name : {std::string("made-up"), std::string("a/path/made_up+=,.@-"), std::string(64, 'x')})
    EXPECT_EQ(assume(roles + name), "") << name;
  for (const std::string& name :
       {std::string("/"), std::string("x/"), std::string("/x"), std::string("a b"), std::string("\xc3\xa9"),
        std::string("x:y"), std::string("*"), std::string("x\n"), std::string("p\ath /x"), std::string(65, 'x')})
    EXPECT_EQ(assume(roles + name),
              "403 AccessDenied: User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on "
              "resource: " +
                  roles + name);
  EXPECT_NE(assume(roles), "");
  EXPECT_NE(assume("arn:aws:iam:us-east-1:123456789012:role/x"), "");
  EXPECT_NE(assume("arn:aws:iam::999999999999:role/x"), "");

  // A role that is there is not passed by with another path or other letters.
  new_role("worker", kLambdaTrust);
  for (const char* name : {"worker", "a/path/worker", "WORKER"}) EXPECT_NE(assume(roles + name), "") << name;
}

TEST_F(Sts, TagsOfSessions) {
  new_role("worker", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},)"
                     R"("Action":["sts:AssumeRole","sts:TagSession"]}]})");
  const auto tag = [](const char* key, const char* value) { return json::object{{"Key", key}, {"Value", value}}; };
  const auto assume = [&](json::object more) {
    json::object input{{"RoleArn", kRole}, {"RoleSessionName", "s"}};
    for (auto& [key, value] : more) input[key] = value;
    return input;
  };
  EXPECT_EQ(error("AssumeRole", assume({{"Tags", {tag("a", "1")}}, {"TransitiveTagKeys", {"b"}}})),
            "400 InvalidParameterValue: The specified transitive tag key must be included in the requested tags.");
  EXPECT_EQ(error("AssumeRole", assume({{"Tags", {tag("Aa", "1"), tag("aa", "2")}}})),
            "400 InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  const json::object first =
      call("AssumeRole", assume({{"Tags", {tag("Aa", "1"), tag("b", "2")}}, {"TransitiveTagKeys", {"aA"}}}));
  sign_in(*find(at(first, "Credentials", "AccessKeyId")));
  const std::string conflict =
      "400 InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a "
      "transitive tag key from the calling session.";
  EXPECT_EQ(error("AssumeRole", assume({{"Tags", {tag("AA", "3")}}})), conflict);
  EXPECT_EQ(error("AssumeRole", assume({{"Tags", {tag("b", "3")}}})), "") << "that one is not transitive";
  const json::object second = call("AssumeRole", assume({}));
  sign_in(*find(at(second, "Credentials", "AccessKeyId")));
  EXPECT_EQ(error("AssumeRole", assume({{"Tags", {tag("aa", "3")}}})), conflict) << "it goes on along the chain";
}

TEST_F(Sts, TrustDecidesWhoMayAssume) {
  new_role("worker", trust("arn:aws:iam::123456789012:user/ann"));
  const json::object input{{"RoleArn", kRole}, {"RoleSessionName", "build"}};
  EXPECT_EQ(error("AssumeRole", input),
            "403 AccessDenied: User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on "
            "resource: arn:aws:iam::123456789012:role/worker");
  sign_in(run_task(iam->create_access_key(kAccount, "ann")));
  call("AssumeRole", input);
  EXPECT_EQ(
      error("AssumeRole", {{"RoleArn", "arn:aws:iam::123456789012:role/none"}, {"RoleSessionName", "build"}}),
      "403 AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on "
      "resource: arn:aws:iam::123456789012:role/none");
  json::object tagged = input;
  tagged["Tags"] = json::array{json::object{{"Key", "a"}, {"Value", "1"}}};
  EXPECT_EQ(error("AssumeRole", tagged).find("not authorized to perform: sts:TagSession") != std::string::npos, true);
}

TEST_F(Sts, ConditionsOfTheTrustCount) {
  new_role("worker", trust("*", R"({"StringEquals":{"sts:ExternalId":["a","b"]}})"));
  json::object input{{"RoleArn", kRole}, {"RoleSessionName", "build"}};
  EXPECT_NE(error("AssumeRole", input), "");
  input["ExternalId"] = "c";
  EXPECT_NE(error("AssumeRole", input), "");
  input["ExternalId"] = "b";
  EXPECT_EQ(error("AssumeRole", input), "");
}

TEST_F(Sts, SessionsEndWithTheirRole) {
  new_role("worker", kAccountTrust);
  const json::object made = call("AssumeRole", {{"RoleArn", kRole}, {"RoleSessionName", "build"}});
  const std::string id = at(made, "Credentials", "AccessKeyId");
  EXPECT_TRUE(find(id));  // and is cached
  call("DeleteRole", {{"RoleName", "worker"}});
  EXPECT_FALSE(find(id));
  new_role("worker", kAccountTrust);
  EXPECT_FALSE(find(id)) << "a role made again under its name is another one";
  EXPECT_TRUE(
      find(at(call("AssumeRole", {{"RoleArn", kRole}, {"RoleSessionName", "build"}}), "Credentials", "AccessKeyId")));
}

TEST_F(Sts, DurationsAreLimitedByTheRoleAndByChaining) {
  call("CreateRole",
       {{"RoleName", "worker"}, {"AssumeRolePolicyDocument", kAccountTrust}, {"MaxSessionDuration", 7200}});
  new_role("next", trust("arn:aws:iam::123456789012:role/worker"));
  call("UpdateRole", {{"RoleName", "next"}, {"MaxSessionDuration", 7200}});
  const auto assume = [&](std::string role, int seconds) {
    return error("AssumeRole", {{"RoleArn", "arn:aws:iam::123456789012:role/" + role},
                                {"RoleSessionName", "build"},
                                {"DurationSeconds", seconds}});
  };
  EXPECT_EQ(assume("worker", 7200), "");
  EXPECT_EQ(assume("worker", 7201),
            "400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  const json::object made = call("AssumeRole", {{"RoleArn", kRole}, {"RoleSessionName", "build"}});
  sign_in(*find(at(made, "Credentials", "AccessKeyId")));
  EXPECT_EQ(assume("next", 3601),
            "400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit "
            "for roles assumed by role chaining");
  EXPECT_EQ(assume("next", 3600), "");
}

TEST_F(Sts, SessionTokensAreForLastingCredentials) {
  sign_in(run_task(iam->create_access_key(kAccount, "ann")));
  const json::object made = call("GetSessionToken");
  EXPECT_EQ(number(made.at("Credentials").as_object(), "Expiration"), 1'700'043'200);
  sign_in(*find(at(made, "Credentials", "AccessKeyId")));
  EXPECT_EQ(caller.arn, "arn:aws:iam::123456789012:user/ann");
  EXPECT_EQ(error("GetSessionToken"), "403 AccessDenied: Cannot call GetSessionToken with session credentials");
}

TEST_F(RoleCredentials, AreForTrustedServicesAlone) {
  EXPECT_FALSE(issue("worker"));
  new_role("worker", kAccountTrust);
  EXPECT_FALSE(issue("worker"));
  call("UpdateAssumeRolePolicy", {{"RoleName", "worker"}, {"PolicyDocument", kLambdaTrust}});
  const auto made = issue("worker");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->arn, "arn:aws:sts::123456789012:assumed-role/worker/fn");
  EXPECT_EQ(made->expires, clock.now() + std::chrono::hours(12));
  EXPECT_TRUE(find(made->access_key_id));
  call("DeleteRole", {{"RoleName", "worker"}});
  EXPECT_FALSE(issue("worker"));
}

TEST_F(RoleCredentials, AreForThingsOfTheRolesOwnAccountAlone) {
  new_role("worker");
  EXPECT_TRUE(std::holds_alternative<StoredCredential>(ask(kAccount, "worker")));
  const auto refusal = [](const auto& answer) { return std::get<RoleRefusal>(answer); };
  EXPECT_EQ(refusal(ask("999999999999", "worker")), RoleRefusal::other_account);
  EXPECT_EQ(refusal(ask("999999999999", "nobody")), RoleRefusal::other_account) << "nor is told what roles there are";
  EXPECT_EQ(refusal(ask(kAccount, "nobody")), RoleRefusal::absent);
  new_role("users", kAccountTrust);
  EXPECT_EQ(refusal(ask(kAccount, "users")), RoleRefusal::not_trusted);
  const auto session = [&](std::string arn, std::string service) {
    return run_task(iam->session_of_service({std::move(arn), kAccount, std::move(service), "s"}));
  };
  EXPECT_EQ(refusal(session("x", "lambda.amazonaws.com")), RoleRefusal::no_role_arn);
  EXPECT_EQ(refusal(session("arn:aws:iam::*:user/*", "lambda.amazonaws.com")), RoleRefusal::no_role_arn);
  EXPECT_EQ(refusal(session("arn:aws:iam::123456789012:role/worker", "apigateway.amazonaws.com")),
            RoleRefusal::not_trusted);
  EXPECT_EQ(std::get<std::string>(session("arn:aws:iam::123456789012:role/worker", "lambda.amazonaws.com")),
            "arn:aws:sts::123456789012:assumed-role/worker/s");
}

TEST_F(RoleCredentials, SayForWhichServiceTheyAreThroughEveryFurtherRole) {
  new_role("worker");
  new_role("next", kAccountTrust);
  EXPECT_EQ(find(issue("worker")->access_key_id)->on_behalf_of, "lambda.amazonaws.com");
  sign_in(*find(issue("worker")->access_key_id));
  const json::object made =
      call("AssumeRole", {{"RoleArn", "arn:aws:iam::123456789012:role/next"}, {"RoleSessionName", "s"}});
  EXPECT_EQ(find(at(made, "Credentials", "AccessKeyId"))->on_behalf_of, "lambda.amazonaws.com");
  sign_in(*find(at(made, "Credentials", "AccessKeyId")));
  const json::object again =
      call("AssumeRole", {{"RoleArn", "arn:aws:iam::123456789012:role/next"}, {"RoleSessionName", "t"}});
  EXPECT_EQ(find(at(again, "Credentials", "AccessKeyId"))->on_behalf_of, "lambda.amazonaws.com");
  sign_in_as_root();
  const json::object other =
      call("AssumeRole", {{"RoleArn", "arn:aws:iam::123456789012:role/next"}, {"RoleSessionName", "u"}});
  EXPECT_EQ(find(at(other, "Credentials", "AccessKeyId"))->on_behalf_of, "");
}

TEST_F(Sts, SessionPoliciesAreRefusedByName) {
  new_role("worker", kAccountTrust);
  const json::object base{{"RoleArn", "arn:aws:iam::123456789012:role/worker"}, {"RoleSessionName", "s"}};
  json::object narrowed = base;
  narrowed["Policy"] = kDocument;
  EXPECT_EQ(error("AssumeRole", narrowed), "400 InvalidInput: Not supported by this server: Policy (session policies)");
  narrowed = base;
  narrowed["PolicyArns"] = json::array{json::object{{"arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"}}};
  EXPECT_EQ(error("AssumeRole", narrowed),
            "400 InvalidInput: Not supported by this server: PolicyArns (session policies)");
  EXPECT_EQ(error("AssumeRole", base), "");
}

TEST_F(RoleCredentials, AreSharedForHalfTheirLife) {
  new_role("worker");
  const std::string first = issue("worker")->access_key_id;
  EXPECT_EQ(issue("worker")->access_key_id, first);
  EXPECT_NE(issue("worker", "other")->access_key_id, first);
  clock.advance(std::chrono::hours(6));
  EXPECT_EQ(issue("worker")->access_key_id, first);
  clock.advance(std::chrono::seconds(1));
  EXPECT_NE(issue("worker")->access_key_id, first);
  call("DeleteRole", {{"RoleName", "worker"}});
  new_role("worker");
  const std::string again = issue("worker")->user_id;
  EXPECT_NE(again, find(first)->user_id) << "a new role of the same name is another role";
}

TEST_F(RoleCredentials, ArePurgedAfterTheirEnd) {
  new_role("worker");
  for (int i = 0; i < 300; ++i) issue("worker", "s" + std::to_string(i), std::chrono::seconds(900));
  const auto count = [&] {
    std::size_t keys = 0;
    run_task(
        store->read([&keys](store::Reader& reader) { keys = count_keys(reader, "ie") + count_keys(reader, "ik"); }));
    return keys;
  };
  EXPECT_EQ(count(), 600u);
  clock.advance(std::chrono::hours(2));
  issue("worker");
  EXPECT_EQ(count(), 600u - 16 + 2) << "each issue removes a few";
  restart();
  EXPECT_EQ(count(), 2u);
}

TEST(Trust, DenialsAndUnknownConditionsAreStrict) {
  const Assumer ann{"arn:aws:iam::123456789012:user/ann", kAccount, {}};
  const auto allows = [&](std::string statements) {
    return trusts(R"({"Statement":[)" + statements + "]}", ann, "sts:AssumeRole", {{"aws:principalarn", {ann.arn}}});
  };
  const std::string allow = R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:*"})";
  EXPECT_TRUE(allows(allow));
  EXPECT_FALSE(allows(allow + R"(,{"Effect":"Deny","Principal":"*","Action":"*"})"));
  EXPECT_TRUE(allows(allow + R"(,{"Effect":"Deny","Principal":"*","Action":"*",
      "Condition":{"StringNotLike":{"aws:PrincipalArn":"*:user/a??"}}})"));
  EXPECT_FALSE(allows(allow + R"(,{"Effect":"Deny","Principal":"*","Action":"*",
      "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}})"));
  EXPECT_FALSE(allows(R"({"Effect":"Allow","Principal":"*","Action":"*",
      "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}})"));
  EXPECT_FALSE(allows(R"({"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"*"})"));
  EXPECT_FALSE(allows(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoleWithSAML"})"));
  EXPECT_TRUE(
      allows(R"({"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":"STS:assumerole"})"));
  EXPECT_FALSE(allows(R"({"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"sts:AssumeRole"})"));
}

}  // namespace
}  // namespace brume::iam::testing
