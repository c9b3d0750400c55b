// The operations on functions through their rows, as the front door calls them: validated input in, reply or AWS's
// error out. Texts and statuses are those of the Lambda API.
#include <filesystem>
#include <thread>

#include "lambda/testing/control_plane.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

using testing::Answer;
using testing::ControlPlane;
using testing::kArn;
using testing::kOther;
using testing::kOwn;

TEST_F(ControlPlane, CreateShowsDefaults) {
  const Answer made = call("CreateFunction", function());
  ASSERT_EQ(said(made), "ok");
  EXPECT_EQ(made.output.at("FunctionArn"), kArn);
  EXPECT_EQ(made.output.at("MemorySize"), 128);
  EXPECT_EQ(made.output.at("Timeout"), 3);
  EXPECT_EQ(made.output.at("Version"), "$LATEST");
  EXPECT_EQ(made.output.at("PackageType"), "Zip");
  EXPECT_EQ(made.output.at("EphemeralStorage").at("Size"), 512);
  EXPECT_EQ(made.output.at("Architectures"), json::array{"x86_64"});
  EXPECT_EQ(made.output.at("LoggingConfig").at("LogGroup"), "/aws/lambda/f");
  EXPECT_FALSE(made.output.contains("Environment"));
  const Answer read = call("GetFunction", {{"FunctionName", kArn}});
  EXPECT_EQ(read.output.at("Configuration"), json::value(made.output));
  EXPECT_FALSE(read.output.contains("Concurrency"));
  EXPECT_FALSE(read.output.contains("Tags"));
}

TEST_F(ControlPlane, CreateRefuses) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  EXPECT_EQ(said(call("CreateFunction", function())), "ResourceConflictException 409 Function already exist: f");
  struct Case {
    json::object change;
    std::string expected;  ///< how it begins
  };
  const std::string value = "ValidationException 400 1 validation error detected: Value '";
  const std::string invalid = "InvalidParameterValueException 400 ";
  const Case cases[] = {
      {{{"MemorySize", 127}},
       value +
           "127' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"},
      {{{"MemorySize", 10241}},
       invalid + "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240"},
      {{{"Timeout", 0}},
       value + "0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"},
      {{{"Timeout", 901}},
       value + "901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"},
      {{{"EphemeralStorage", {{"Size", 511}}}}, value + "511' at 'ephemeralStorage.size' failed to satisfy constraint"},
      {{{"EphemeralStorage", {{"Size", 10241}}}},
       invalid +
           "'EphemeralStorage' value failed to satisfy constraint: Member must have value less than or equal to 10240"},
      {{{"Role", "r"}},
       value + "r' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern:"},
      {{{"Description", std::string(257, 'x')}},
       value + std::string(257, 'x') +
           "' at 'description' failed to satisfy constraint: Member must have length less than or equal to 256"},
      {{{"Runtime", nullptr}},
       invalid + "Runtime and Handler are mandatory parameters for functions created with deployment packages."},
      {{{"Handler", nullptr}}, invalid + "Runtime and Handler are mandatory"},
      {{{"Role", "arn:aws:iam::222222222222:role/r"}},
       "AccessDeniedException 403 Cross-account pass role is not allowed."},
      {{{"Role", "arn:aws:iam::111111111111:role/absent"}},
       invalid + "The role defined for the function cannot be assumed by Lambda."},
      {{{"Code", {{"ZipFile", ""}}}}, invalid + "Please provide a source for function code."},
      {{{"Code", {{"ZipFile", "no zip"}}}},
       invalid + "Could not unzip uploaded file. Please check your file, then try to upload again."},
      {{{"Environment", {{"Variables", {{"AWS_REGION", "x"}, {"AA", "b"}}}}}},
       invalid + "Lambda was unable to configure your environment variables because the environment variables you have "
                 "provided contains reserved keys"},
      {{{"Environment", {{"Variables", {{"AA", std::string(4096, 'x')}}}}}},
       invalid + "Lambda was unable to configure your environment variables because the environment variables you have "
                 "provided exceeded the 4KB limit."},
      {{{"Environment", {{"Variables", {{"1A", "x"}}}}}}, "ValidationException 400 "},
      {{{"Publish", true}}, "UnsupportedOperationException 400 "},
      {{{"PackageType", "Image"}}, "UnsupportedOperationException 400 "},
      {{{"Layers", {"arn:aws:lambda:us-east-1:111111111111:layer:l:1"}}}, "UnsupportedOperationException 400 "},
      {{{"VpcConfig", {{"SubnetIds", {"subnet-1"}}}}}, "UnsupportedOperationException 400 "},
      {{{"TracingConfig", {{"Mode", "Active"}}}}, "UnsupportedOperationException 400 "},
      {{{"SnapStart", {{"ApplyOn", "PublishedVersions"}}}}, "UnsupportedOperationException 400 "},
      {{{"DeadLetterConfig", {{"TargetArn", "arn:aws:sqs:us-east-1:111111111111:q"}}}},
       "UnsupportedOperationException 400 "},
      {{{"Code", {{"S3Bucket", "bucket"}, {"S3Key", "k"}}}}, "UnsupportedOperationException 400 "},
      {{{"LoggingConfig", {{"LogFormat", "JSON"}}}}, "UnsupportedOperationException 400 "},
  };
  for (const Case& one : cases) {
    json::object change = one.change;
    change["FunctionName"] = "g";
    const std::string answer = said(call("CreateFunction", function(std::move(change))));
    EXPECT_TRUE(answer.starts_with(one.expected)) << json::serialize(one.change).substr(0, 200) << "\n" << answer;
  }
  EXPECT_EQ(call("ListFunctions", {}).output.at("Functions").as_array().size(), 1u) << "nothing of them is left";
}

TEST_F(ControlPlane, WhatMeansNothingIsNoReasonToRefuse) {
  EXPECT_EQ(said(call("CreateFunction",
                      function({{"VpcConfig", {{"SubnetIds", json::array()}, {"SecurityGroupIds", json::array()}}},
                                {"Layers", json::array()},
                                {"TracingConfig", {{"Mode", "PassThrough"}}},
                                {"SnapStart", {{"ApplyOn", "None"}}},
                                {"DeadLetterConfig", json::object()},
                                {"PackageType", "Zip"},
                                {"LoggingConfig", {{"LogFormat", "Text"}, {"LogGroup", "/mine"}}},
                                {"Environment", {{"Variables", json::object()}}}}))),
            "ok");
  const Answer read = call("GetFunctionConfiguration", {{"FunctionName", "f"}});
  EXPECT_EQ(read.output.at("LoggingConfig").at("LogGroup"), "/mine");
  EXPECT_EQ(read.output.at("Environment"), json::value({{"Variables", json::object()}}));
}

TEST_F(ControlPlane, UpdateConfigurationChangesWhatIsGiven) {
  const Answer made =
      call("CreateFunction", function({{"Environment", {{"Variables", {{"AA", "1"}}}}}, {"Description", "d"}}));
  const Answer changed =
      call("UpdateFunctionConfiguration",
           {{"FunctionName", "f"}, {"MemorySize", 256}, {"Environment", {{"Variables", {{"BB", "2"}}}}}});
  ASSERT_EQ(said(changed), "ok");
  EXPECT_EQ(changed.output.at("MemorySize"), 256);
  EXPECT_EQ(changed.output.at("Description"), "d");
  EXPECT_EQ(changed.output.at("Environment").at("Variables"), json::value({{"BB", "2"}}))
      << "the variables are replaced as a whole";
  EXPECT_EQ(changed.output.at("CodeSha256"), made.output.at("CodeSha256"));
  EXPECT_NE(changed.output.at("RevisionId"), made.output.at("RevisionId"));
  const std::string stale =
      "PreconditionFailedException 412 The Revision Id provided does not match the latest Revision Id.";
  EXPECT_TRUE(said(call("UpdateFunctionConfiguration",
                        {{"FunctionName", "f"}, {"RevisionId", made.output.at("RevisionId")}, {"Timeout", 9}}))
                  .starts_with(stale));
  EXPECT_EQ(call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output.at("Timeout"), 3);
  EXPECT_EQ(said(call("UpdateFunctionConfiguration",
                      {{"FunctionName", "f"}, {"RevisionId", changed.output.at("RevisionId")}, {"Timeout", 900}})),
            "ok");
  EXPECT_TRUE(said(call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Timeout", 901}}))
                  .starts_with("ValidationException 400 "));
  EXPECT_EQ(
      said(call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Role", "arn:aws:iam::222222222222:role/r"}})),
      "AccessDeniedException 403 Cross-account pass role is not allowed.");
}

TEST_F(ControlPlane, UpdateCode) {
  const Answer made = call("CreateFunction", function());
  const auto update = [&](json::object more) {
    json::object input{{"FunctionName", "f"}, {"ZipFile", zip("other\n")}};
    for (auto& [key, value] : more) input[key] = value;
    return call("UpdateFunctionCode", std::move(input));
  };
  const Answer dry = update({{"DryRun", true}});
  EXPECT_NE(dry.output.at("CodeSha256"), made.output.at("CodeSha256"));
  EXPECT_EQ(call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output, made.output)
      << "a dry run changes nothing";
  EXPECT_TRUE(said(update({{"RevisionId", "stale"}})).starts_with("PreconditionFailedException 412 "));
  const Answer changed = update({{"RevisionId", made.output.at("RevisionId")}});
  EXPECT_EQ(changed.output.at("CodeSha256"), dry.output.at("CodeSha256"));
  EXPECT_NE(changed.output.at("RevisionId"), made.output.at("RevisionId"));
  EXPECT_EQ(said(call("UpdateFunctionCode", {{"FunctionName", "f"}})),
            "InvalidParameterValueException 400 Please provide a source for function code.");
  EXPECT_EQ(said(call("UpdateFunctionCode", {{"FunctionName", "g"}, {"ZipFile", zip()}})),
            "ResourceNotFoundException 404 Function not found: arn:aws:lambda:us-east-1:111111111111:function:g");
}

TEST_F(ControlPlane, NoPackageStaysThatNoFunctionGot) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  const auto packages = [&] {
    return std::distance(std::filesystem::directory_iterator(folder.path() + "/code"),
                         std::filesystem::directory_iterator());
  };
  const auto one_is_left = [&] {
    for (int i = 0; i < 500 && packages() != 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return packages() == 1;
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(said(call("UpdateFunctionCode",
                        {{"FunctionName", "f"}, {"ZipFile", zip("other " + std::to_string(i))}, {"DryRun", true}})),
              "ok");
  EXPECT_TRUE(one_is_left()) << packages() << " after dry runs";
  // What cannot be written: its package does not stay either.
  store_that_fails.failing = true;
  EXPECT_EQ(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", zip("new")}}).code, "StoreError");
  EXPECT_EQ(call("CreateFunction", function({{"FunctionName", "g"}, {"Code", {{"ZipFile", zip("new too")}}}})).code,
            "StoreError");
  store_that_fails.failing = false;
  EXPECT_TRUE(one_is_left()) << packages() << " after refused writes";
  EXPECT_EQ(call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", zip()}, {"DryRun", true}}).code, "");
  EXPECT_EQ(packages(), 1) << "the function's own";
}

TEST_F(ControlPlane, WhatIsDeletedIsGone) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  ASSERT_EQ(
      said(call(
          "AddPermission",
          {{"FunctionName", "f"}, {"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", kOther}})),
      "ok");
  EXPECT_EQ(said(call("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "$LATEST"}})),
            "InvalidParameterValueException 400 $LATEST version cannot be deleted without deleting the function.");
  EXPECT_EQ(said(call("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "7"}})),
            "ResourceNotFoundException 404 Function not found: " + std::string(kArn) + ":7");
  EXPECT_EQ(said(call("DeleteFunction", {{"FunctionName", "f"}})), "ok");
  for (const char* name : {"GetFunction", "GetFunctionConfiguration", "DeleteFunction", "GetFunctionConcurrency"})
    EXPECT_EQ(said(call(name, {{"FunctionName", "f"}})),
              "ResourceNotFoundException 404 Function not found: " + std::string(kArn))
        << name;
  EXPECT_EQ(said(call("Invoke", {{"FunctionName", "f"}})),
            "ResourceNotFoundException 404 Function not found: " + std::string(kArn) + ":$LATEST");
  EXPECT_EQ(said(call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 1}})),
            "ResourceNotFoundException 404 Function not found: " + std::string(kArn) + ":$LATEST");
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  EXPECT_EQ(call("GetPolicy", {{"FunctionName", "f"}}).code, "ResourceNotFoundException") << "its policy went with it";
}

TEST_F(ControlPlane, StatementsOfThePolicy) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  EXPECT_EQ(said(call("GetPolicy", {{"FunctionName", "f"}})),
            "ResourceNotFoundException 404 The resource you requested does not exist.");
  const auto add = [&](json::object more) {
    json::object input{{"FunctionName", "f"},
                       {"StatementId", "s"},
                       {"Action", "lambda:InvokeFunction"},
                       {"Principal", "apigateway.amazonaws.com"}};
    for (auto& [key, value] : more) input[key] = value;
    return call("AddPermission", std::move(input));
  };
  const Answer added =
      add({{"SourceArn", "arn:aws:execute-api:us-east-1:111111111111:abc/*"}, {"SourceAccount", kOwn}});
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(json::parse(added.output.at("Statement").as_string()),
            json::value({{"Sid", "s"},
                         {"Effect", "Allow"},
                         {"Principal", {{"Service", "apigateway.amazonaws.com"}}},
                         {"Action", "lambda:InvokeFunction"},
                         {"Resource", kArn},
                         {"Condition",
                          {{"StringEquals", {{"AWS:SourceAccount", kOwn}}},
                           {"ArnLike", {{"AWS:SourceArn", "arn:aws:execute-api:us-east-1:111111111111:abc/*"}}}}}}));
  EXPECT_EQ(said(add({})),
            "ResourceConflictException 409 The statement id (s) provided already exists. Please provide a new "
            "statement id, or remove the existing statement.");
  const Answer policy = call("GetPolicy", {{"FunctionName", "f"}});
  const auto document = json::parse(policy.output.at("Policy").as_string());
  EXPECT_EQ(document.at("Version"), "2012-10-17");
  EXPECT_EQ(document.at("Statement").as_array().size(), 1u);
  EXPECT_TRUE(said(add({{"StatementId", "t"}, {"RevisionId", "stale"}}))
                  .starts_with(
                      "PreconditionFailedException 412 The Revision Id provided does not match the latest Revision Id. "
                      "Call the GetPolicy API to retrieve the latest Revision Id"));
  EXPECT_EQ(said(add({{"StatementId", "t"}, {"RevisionId", policy.output.at("RevisionId")}})), "ok");
  EXPECT_TRUE(said(add({{"StatementId", "bad id"}})).starts_with("ValidationException 400 "));
  EXPECT_TRUE(said(add({{"StatementId", "u"}, {"Action", "s3:GetObject"}})).starts_with("ValidationException 400 "));

  EXPECT_EQ(said(call("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "x"}})),
            "ResourceNotFoundException 404 Statement x is not found in resource policy.");
  EXPECT_EQ(said(call("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "s"}})), "ok");
  EXPECT_EQ(said(call("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "t"}})), "ok");
  EXPECT_EQ(call("GetPolicy", {{"FunctionName", "f"}}).status, 404) << "an empty policy is none";
}

TEST_F(ControlPlane, AStatementLetsAnotherAccountIn) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  const json::object dry{{"FunctionName", kArn}, {"InvocationType", "DryRun"}};
  EXPECT_EQ(call("Invoke", dry, kOther).status, 403);
  EXPECT_EQ(call("GetFunction", {{"FunctionName", kArn}}, kOther).status, 403);
  ASSERT_EQ(
      said(call(
          "AddPermission",
          {{"FunctionName", "f"}, {"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", kOther}})),
      "ok");
  EXPECT_EQ(said(call("Invoke", dry, kOther)), "ok");
  EXPECT_EQ(said(call("Invoke", {{"FunctionName", kArn}, {"LogType", "Tail"}}, kOther)),
            "AccessDeniedException 403 Cross-account log access is not allowed.");
  EXPECT_EQ(call("GetFunction", {{"FunctionName", kArn}}, kOther).status, 403) << "that is another action";
  EXPECT_EQ(call("DeleteFunction", {{"FunctionName", kArn}}, kOther).status, 403);
  EXPECT_EQ(call("Invoke", {{"FunctionName", "f"}}, kOther).status, 404) << "a bare name is the caller's own";
}

TEST_F(ControlPlane, AServiceInvokesByTheFunctionsPolicyAlone) {
  const service::Caller gateway{.account = kOwn,
                                .access_key_id = {},
                                .arn = {},
                                .user_id = {},
                                .service = "apigateway.amazonaws.com",
                                .source_arn = "arn:aws:execute-api:us-east-1:111111111111:abc/prod/GET/pets"};
  const json::object dry{{"FunctionName", kArn}, {"InvocationType", "DryRun"}};
  EXPECT_EQ(call_as(gateway, "Invoke", dry).code, "ResourceNotFoundException");
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  EXPECT_EQ(call_as(gateway, "Invoke", dry).code, "AccessDeniedException") << "the API's owner is not asked";
  ASSERT_EQ(said(call("AddPermission", {{"FunctionName", "f"},
                                        {"StatementId", "s"},
                                        {"Action", "lambda:InvokeFunction"},
                                        {"Principal", "apigateway.amazonaws.com"},
                                        {"SourceArn", "arn:aws:execute-api:us-east-1:111111111111:abc/*"}})),
            "ok");
  EXPECT_EQ(said(call_as(gateway, "Invoke", dry)), "ok");
  service::Caller other_api = gateway;
  other_api.source_arn = "arn:aws:execute-api:us-east-1:111111111111:xyz/prod/GET/pets";
  EXPECT_EQ(call_as(other_api, "Invoke", dry).code, "AccessDeniedException");
  EXPECT_EQ(call_as(gateway, "Invoke", {{"FunctionName", kArn}, {"Qualifier", "7"}}).code, "ResourceNotFoundException");
}

TEST_F(ControlPlane, ReservedConcurrencyLeavesAHundredForTheOthers) {
  for (const char* name : {"f", "g"}) ASSERT_EQ(said(call("CreateFunction", function({{"FunctionName", name}}))), "ok");
  const auto put = [&](const char* name, int value) {
    return said(call("PutFunctionConcurrency", {{"FunctionName", name}, {"ReservedConcurrentExecutions", value}}));
  };
  EXPECT_EQ(call("GetFunctionConcurrency", {{"FunctionName", "f"}}).output, json::object());
  EXPECT_EQ(put("f", 500), "ok");
  const std::string too_many =
      "InvalidParameterValueException 400 Specified ReservedConcurrentExecutions for function decreases account's "
      "UnreservedConcurrentExecution below its minimum value of [100].";
  EXPECT_EQ(put("g", 401), too_many);
  EXPECT_EQ(put("g", 400), "ok");
  EXPECT_EQ(put("f", 501), too_many);
  EXPECT_EQ(put("f", 499), "ok") << "its own reservation does not count twice";
  EXPECT_TRUE(put("f", -1).starts_with("ValidationException 400 "));
  EXPECT_EQ(call("GetFunction", {{"FunctionName", "f"}}).output.at("Concurrency").at("ReservedConcurrentExecutions"),
            499);
  const auto limits = call("GetAccountSettings", {}).output;
  EXPECT_EQ(limits.at("AccountLimit").at("UnreservedConcurrentExecutions"), 101);
  EXPECT_EQ(limits.at("AccountUsage").at("FunctionCount"), 2);
  EXPECT_EQ(call("GetAccountSettings", {}, kOther).output.at("AccountLimit").at("UnreservedConcurrentExecutions"),
            1000);
  EXPECT_EQ(said(call("DeleteFunctionConcurrency", {{"FunctionName", "f"}})), "ok");
  EXPECT_EQ(call("GetFunctionConcurrency", {{"FunctionName", "f"}}).output, json::object());
}

TEST_F(ControlPlane, NoneReservedIsNoneRun) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  ASSERT_EQ(said(call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 0}})), "ok");
  EXPECT_EQ(said(call("Invoke", {{"FunctionName", "f"}}, kOwn, "{}")), "TooManyRequestsException 429 Rate Exceeded.");
}

TEST_F(ControlPlane, PagesOfFunctions) {
  for (const char* name : {"a", "b", "c", "d", "e"})
    ASSERT_EQ(said(call("CreateFunction", function({{"FunctionName", name}}))), "ok");
  ASSERT_EQ(said(call("CreateFunction", function({{"FunctionName", "foreign"}}, kOther), kOther)), "ok");
  std::string seen;
  json::object input{{"MaxItems", 2}};
  for (int page = 0; page < 5; ++page) {
    const Answer answer = call("ListFunctions", input);
    for (const auto& one : answer.output.at("Functions").as_array())
      seen += std::string(one.at("FunctionName").as_string());
    seen += "|";
    const auto* next = answer.output.if_contains("NextMarker");
    if (next == nullptr) break;
    input["Marker"] = *next;
  }
  EXPECT_EQ(seen, "ab|cd|e|");
}

TEST_F(ControlPlane, Tags) {
  ASSERT_EQ(said(call("CreateFunction", function({{"Tags", {{"a", "1"}, {"b", "2"}}}}))), "ok");
  EXPECT_EQ(said(call("TagResource", {{"Resource", kArn}, {"Tags", {{"b", "3"}, {"c", ""}}}})), "ok");
  EXPECT_EQ(said(call("UntagResource", {{"Resource", kArn}, {"TagKeys", {"a", "never"}}})), "ok");
  EXPECT_EQ(call("ListTags", {{"Resource", kArn}}).output.at("Tags"), json::value({{"b", "3"}, {"c", ""}}));
  json::object many;
  for (int i = 0; i < 49; ++i) many[std::to_string(i)] = "x";
  EXPECT_EQ(said(call("TagResource", {{"Resource", kArn}, {"Tags", many}})),
            "InvalidParameterValueException 400 Number of tags exceeds resource tag limit.");
  EXPECT_EQ(call("ListTags", {{"Resource", kArn}}).output.at("Tags").as_object().size(), 2u) << "all or none";
}

TEST_F(ControlPlane, InvokesThatNeverRun) {
  ASSERT_EQ(said(call("CreateFunction", function())), "ok");
  const auto invoke = [&](json::object more, std::string payload) {
    more["FunctionName"] = "f";
    return call("Invoke", std::move(more), kOwn, std::move(payload));
  };
  EXPECT_EQ(invoke({{"InvocationType", "DryRun"}}, "").output.at("StatusCode"), 204);
  EXPECT_EQ(invoke({}, "{not json").code, "InvalidRequestContentException");
  EXPECT_EQ(invoke({}, "{} {}").code, "InvalidRequestContentException");
  EXPECT_EQ(invoke({}, std::string(2000, '[') + std::string(2000, ']')).code, "InvalidRequestContentException");
  EXPECT_EQ(
      said(invoke({}, "\"" + std::string(6'291'455, 'x') + "\"")),
      "RequestEntityTooLargeException 413 Request must be smaller than 6291456 bytes for the InvokeFunction operation");
  EXPECT_EQ(
      said(invoke({{"InvocationType", "Event"}}, "\"" + std::string(1'048'575, 'x') + "\"")),
      "RequestEntityTooLargeException 413 Request must be smaller than 1048576 bytes for the InvokeFunction operation");
  EXPECT_EQ(said(invoke({{"ClientContext", "not base64!"}}, "{}")),
            "InvalidRequestContentException 400 Client context must be a valid Base64-encoded JSON object.");
  EXPECT_TRUE(said(invoke({{"InvocationType", "Later"}}, "{}")).starts_with("ValidationException 400 "));
  EXPECT_EQ(said(invoke({{"Qualifier", "PROD"}}, "{}")),
            "ResourceNotFoundException 404 Function not found: " + std::string(kArn) + ":PROD");
}

}  // namespace
}  // namespace brume::lambda
