// What functions show of their changes, and what Lambda refuses beyond its model. The expected values are answers recorded
// on AWS.
#include "lambda/testing/control_plane.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

using testing::Answer;
using testing::ControlPlane;
using testing::kArn;
using testing::kOwn;

class SlowChanges : public ControlPlane {
 protected:
  SlowChanges() { options.change_delay = std::chrono::hours(1); }
};

class DefaultChanges : public ControlPlane {
 protected:
  DefaultChanges() { options.change_delay.reset(); }
};

TEST_F(SlowChanges, ANewFunctionIsPending) {
  const Answer made = call("CreateFunction", function());
  ASSERT_EQ(said(made), "ok");
  EXPECT_EQ(made.output.at("State"), "Pending");
  EXPECT_EQ(made.output.at("StateReason"), "The function is being created.");
  EXPECT_EQ(made.output.at("StateReasonCode"), "Creating");
  EXPECT_FALSE(made.output.contains("LastUpdateStatus"));
  EXPECT_EQ(call("GetFunction", {{"FunctionName", "f"}}).output.at("Configuration"), json::value(made.output));
  const std::string refused =
      "ResourceConflictException 409 The operation cannot be performed at this time. The function is currently in the "
      "following state: Pending";
  EXPECT_EQ(said(call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Timeout", 9}})), refused);
  EXPECT_EQ(said(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", zip()}})), refused);
  const Answer tagged = call("TagResource", {{"Resource", kArn}, {"Tags", {{"a", "b"}}}});
  EXPECT_EQ(said(tagged), "ok");
  EXPECT_EQ(said(call("DeleteFunction", {{"FunctionName", "f"}})), "ok");
}

TEST_F(DefaultChanges, WhoAsksForAFunctionSeesItsChangeDone) {
  const Answer made = call("CreateFunction", function());
  EXPECT_EQ(made.output.at("State"), "Pending");
  const json::object read = call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output;
  EXPECT_EQ(read.at("State"), "Active");
  EXPECT_EQ(read.at("LastUpdateStatus"), "Successful");
  EXPECT_FALSE(read.contains("StateReason"));
  EXPECT_NE(read.at("RevisionId"), made.output.at("RevisionId")) << "the end of a change is one, too";

  const Answer changed = call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Timeout", 9}});
  ASSERT_EQ(said(changed), "ok");
  EXPECT_EQ(changed.output.at("State"), "Active");
  EXPECT_EQ(changed.output.at("LastUpdateStatus"), "InProgress");
  EXPECT_EQ(changed.output.at("LastUpdateStatusReason"), "The function is being created.");
  EXPECT_EQ(changed.output.at("LastUpdateStatusReasonCode"), "Creating");
  EXPECT_EQ(
      said(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", zip()}})),
      "ResourceConflictException 409 The operation cannot be performed at this time. An update is in progress for "
      "resource: " +
          std::string(kArn));
  const json::value configuration = call("GetFunction", {{"FunctionName", "f"}}).output.at("Configuration");
  EXPECT_EQ(configuration.at("LastUpdateStatus"), "Successful");
  EXPECT_NE(configuration.at("RevisionId"), changed.output.at("RevisionId"));
  EXPECT_EQ(said(call("UpdateFunctionCode",
                      {{"FunctionName", "f"}, {"ZipFile", zip("x")}, {"RevisionId", configuration.at("RevisionId")}})),
            "ok");
}

TEST_F(ControlPlane, TheRuntimesVersionShowsInEveryAnswerOfOneFunction) {
  const Answer made = call("CreateFunction", function());
  const json::value version = made.output.at("RuntimeVersionConfig");
  EXPECT_TRUE(version.at("RuntimeVersionArn").as_string().starts_with("arn:aws:lambda:us-east-1::runtime:"));
  EXPECT_EQ(call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output.at("RuntimeVersionConfig"), version);
  EXPECT_EQ(call("GetFunction", {{"FunctionName", "f"}}).output.at("Configuration").at("RuntimeVersionConfig"),
            version);
  const json::object updated = call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Timeout", 9}}).output;
  EXPECT_EQ(updated.at("RuntimeVersionConfig"), version);
  EXPECT_EQ(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", zip()}}).output.at("RuntimeVersionConfig"),
            version);
}

TEST_F(ControlPlane, ListsShowNoStates) {
  call("CreateFunction", function());
  const json::value listed = call("ListFunctions", {}).output.at("Functions").at(0);
  for (const char* name : {"State", "LastUpdateStatus", "RuntimeVersionConfig"})
    EXPECT_FALSE(listed.as_object().contains(name)) << name;
  EXPECT_EQ(listed.at("FunctionArn"), kArn);
  EXPECT_EQ(call("ListFunctions", {{"FunctionVersion", "ALL"}}).output.at("Functions").at(0).at("FunctionArn"),
            json::value(std::string(kArn) + ":$LATEST"));
}

TEST_F(ControlPlane, TagsChangeTheRevisionAndNothingElse) {
  call("CreateFunction", function());
  const auto revision = [&] {
    return call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output.at("RevisionId");
  };
  const json::object before = call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output;
  call("TagResource", {{"Resource", kArn}, {"Tags", {{"a", "b"}}}});
  const json::object tagged = call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output;
  EXPECT_NE(tagged.at("RevisionId"), before.at("RevisionId"));
  EXPECT_EQ(tagged.at("LastModified"), before.at("LastModified"));
  call("UntagResource", {{"Resource", kArn}, {"TagKeys", {"a"}}});
  EXPECT_NE(revision(), tagged.at("RevisionId"));
}

TEST_F(ControlPlane, TagsAreRefused) {
  call("CreateFunction", function());
  json::object many;
  for (int i = 0; i < 51; ++i) many[std::to_string(i)] = "x";
  EXPECT_EQ(said(call("CreateFunction", function({{"FunctionName", "g"}, {"Tags", many}}))),
            "InvalidParameterValueException 400 Number of tags exceeds resource tag limit.");
  EXPECT_EQ(said(call("TagResource", {{"Resource", kArn}, {"Tags", json::object()}})),
            "InvalidParameterValueException 400 An error occurred and the request cannot be processed.");
  const std::string alias = std::string(kArn) + ":PROD";
  const std::string refused =
      "InvalidParameterValueException 400 Tags on function aliases and versions are not supported. Please specify a "
      "function ARN.";
  EXPECT_EQ(said(call("TagResource", {{"Resource", alias}, {"Tags", {{"a", "b"}}}})), refused);
  EXPECT_EQ(said(call("UntagResource", {{"Resource", alias}, {"TagKeys", {"a"}}})), refused);
  EXPECT_EQ(said(call("ListTags", {{"Resource", alias}})), refused);
  const std::string mapping =
      "arn:aws:lambda:us-east-1:111111111111:event-source-mapping:4ab2f5c8-0000-4000-8000-000000000000";
  EXPECT_EQ(said(call("ListTags", {{"Resource", mapping}})),
            "ResourceNotFoundException 404 Event source mapping not found: " + mapping);
}

TEST_F(ControlPlane, RuntimesThatNoFunctionCanHave) {
  const auto create = [&](json::object more) { return said(call("CreateFunction", function(std::move(more)))); };
  const std::string unknown =
      "InvalidParameterValueException 400 Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must "
      "satisfy "
      "enum value set: [nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, "
      "java25, "
      "python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, "
      "dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2] or be a valid ARN";
  EXPECT_EQ(create({{"Runtime", "PYTHON3.9"}}), unknown);
  for (const std::string ended : {"provided", "nodejs14.x", "python3.7", "go1.x", "java8"})
    EXPECT_EQ(create({{"Runtime", ended}}),
              "InvalidParameterValueException 400 The runtime parameter of " + ended +
                  " is no longer supported for creating or updating AWS Lambda functions. We recommend you use a "
                  "supported runtime while creating or updating functions.");
  EXPECT_TRUE(
      create({{"Runtime", "PYTHON3.9"}, {"MemorySize", 1}}).starts_with("ValidationException 400 1 validation "))
      << "what the model refuses comes first";
  EXPECT_EQ(create({{"Runtime", "java21"}}),
            "UnsupportedOperationException 400 Brume does not support the runtime java21 yet");
  EXPECT_EQ(create({}), "ok");
  EXPECT_EQ(said(call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Runtime", "PYTHON3.9"}})), unknown);
}

TEST_F(ControlPlane, SizesThatNoFunctionCanHave) {
  const std::string name(65, 'a');
  EXPECT_EQ(said(call("CreateFunction", function({{"FunctionName", name}}))),
            "InvalidParameterValueException 400 1 validation error detected: Value '" + name +
                "' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64");
  EXPECT_EQ(said(call("CreateFunction", function({{"FunctionName", name.substr(1)}}))), "ok");
  const auto variables = [](std::size_t bytes) {  // as JSON: {"AA":"…"}
    return json::object{{"Variables", {{"AA", std::string(bytes - 9, 'x')}}}};
  };
  const std::string refused = said(call("CreateFunction", function({{"Environment", variables(4097)}})));
  EXPECT_TRUE(refused.ends_with("exceeded the 4KB limit. String measured: {\"AA\":\"" + std::string(4088, 'x') + "\"}"))
      << refused;
  EXPECT_EQ(said(call("CreateFunction", function({{"Environment", variables(4096)}}))), "ok");
  EXPECT_EQ(
      said(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ImageUri", "i"}})),
      "InvalidParameterValueException 400 Please don't provide ImageUri when updating a function with packageType "
      "Zip.");
  const std::string zip(52'428'801, 'x');
  const std::string large = "RequestEntityTooLargeException 413 Zipped size must be smaller than 52428800 bytes";
  EXPECT_EQ(said(call("CreateFunction", function({{"FunctionName", "g"}, {"Code", {{"ZipFile", zip}}}}))), large);
  EXPECT_EQ(said(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", zip}})), large);
}

TEST_F(ControlPlane, StatementsAsRecorded) {
  call("CreateFunction", function());
  const auto add = [&](json::object more) {
    json::object input{{"FunctionName", "f"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "*"}};
    for (auto& [key, value] : more) input[key] = value;
    return call("AddPermission", std::move(input));
  };
  const auto statement = [&](json::object more) {
    return json::parse(add(std::move(more)).output.at("Statement").as_string());
  };
  EXPECT_EQ(said(call("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "s"}})),
            "ResourceNotFoundException 404 No policy is associated with the given resource.");
  EXPECT_EQ(said(call("RemovePermission", {{"FunctionName", "nope"}, {"StatementId", "s"}})),
            "ResourceNotFoundException 404 No policy found for: arn:aws:lambda:us-east-1:111111111111:function:nope");
  EXPECT_EQ(said(call("GetPolicy", {{"FunctionName", "nope"}})),
            "ResourceNotFoundException 404 The resource you requested does not exist.");
  EXPECT_EQ(statement({{"StatementId", "a"}, {"SourceAccount", kOwn}}),
            json::value({{"Sid", "a"},
                         {"Effect", "Allow"},
                         {"Principal", "*"},
                         {"Action", "lambda:InvokeFunction"},
                         {"Resource", kArn},
                         {"Condition", {{"StringEquals", {{"AWS:SourceAccount", kOwn}}}}}}));
  EXPECT_EQ(
      statement({{"StatementId", "b"},
                 {"Action", "lambda:InvokeFunctionUrl"},
                 {"FunctionUrlAuthType", "NONE"},
                 {"PrincipalOrgID", "o-1234567890"},
                 {"SourceArn", "arn:aws:s3:::b"}})
          .at("Condition"),
      json::value({{"StringEquals", {{"lambda:FunctionUrlAuthType", "NONE"}, {"aws:PrincipalOrgID", "o-1234567890"}}},
                   {"ArnLike", {{"AWS:SourceArn", "arn:aws:s3:::b"}}}}));
  EXPECT_EQ(statement({{"StatementId", "c"}, {"EventSourceToken", "amzn1.ask.skill.x"}}).at("Condition"),
            json::value({{"StringEquals", {{"lambda:EventSourceToken", "amzn1.ask.skill.x"}}}}));
  EXPECT_EQ(said(add({{"StatementId", "d"}, {"Qualifier", "$LATEST"}})),
            "InvalidParameterValueException 400 We currently do not support adding policies for $LATEST.");
  EXPECT_EQ(said(add({{"StatementId", "d"}, {"Qualifier", "PROD"}})),
            "ResourceNotFoundException 404 Cannot find alias arn: " + std::string(kArn) + ":PROD");
  EXPECT_EQ(said(add({{"StatementId", "d"}, {"Qualifier", "42"}})),
            "ResourceNotFoundException 404 Function not found: " + std::string(kArn) + ":42");
  EXPECT_EQ(said(call("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "d"}, {"Qualifier", "PROD"}})),
            "ResourceNotFoundException 404 Cannot find alias arn: " + std::string(kArn) + ":PROD");
}

TEST_F(ControlPlane, ReservationsAreOfFunctionsAlone) {
  call("CreateFunction", function());
  EXPECT_EQ(
      said(call("PutFunctionConcurrency",
                {{"FunctionName", std::string(kArn) + ":$LATEST"}, {"ReservedConcurrentExecutions", 1}})),
      "InvalidParameterValueException 400 This operation is permitted on Lambda functions only. Aliases and versions "
      "do not support this operation. Please specify either a function name or an unqualified function ARN.");
}

TEST_F(ControlPlane, EverybodyInAStatementIsEverybody) {
  call("CreateFunction", function());
  const json::object dry{{"FunctionName", kArn}, {"InvocationType", "DryRun"}};
  ASSERT_EQ(call("Invoke", dry, testing::kOther).status, 403);
  call("AddPermission", {{"FunctionName", "f"},
                         {"StatementId", "o"},
                         {"Action", "lambda:InvokeFunction"},
                         {"Principal", "*"},
                         {"PrincipalOrgID", "o-1234567890"}});
  EXPECT_EQ(call("Invoke", dry, testing::kOther).status, 403) << "the caller is of no organization";
  call("AddPermission",
       {{"FunctionName", "f"}, {"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "*"}});
  EXPECT_EQ(said(call("Invoke", dry, testing::kOther)), "ok");
}

}  // namespace
}  // namespace brume::lambda
