// Deployments, stages, tags and the account through the operation table.
#include <gmock/gmock.h>

#include "gateway/testing/gateway_fixture.h"

namespace brume::gateway::testing {

namespace {

using Deployment = GatewayTest;
using Stage = GatewayTest;
using Tags = GatewayTest;
using Account = GatewayTest;

TEST_F(Deployment, NeedsMethodsWithIntegrations) {
  std::string api = new_api();
  EXPECT_EQ(error("CreateDeployment", {{"restApiId", api}}),
            "BadRequestException: The REST API doesn't contain any methods");
  new_method(api, root, "GET");
  EXPECT_EQ(error("CreateDeployment", {{"restApiId", api}}), "BadRequestException: No integration defined for method");
}

TEST_F(Deployment, ShowsItsSummaryWhenAsked) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  json::object deployment = call("CreateDeployment", {{"restApiId", api}, {"description", "first"}});
  EXPECT_FALSE(deployment.contains("apiSummary"));
  json::object key{{"restApiId", api}, {"deploymentId", at(deployment, "id")}};
  EXPECT_EQ(call("GetDeployment", key), deployment);
  key["embed"] = json::array{"apisummary"};
  EXPECT_EQ(json::serialize(call("GetDeployment", key)["apiSummary"]),
            R"({"/":{"GET":{"authorizationType":"NONE","apiKeyRequired":false}}})");
  EXPECT_EQ(error("GetDeployment", {{"restApiId", api}, {"deploymentId", "wrong"}}),
            "NotFoundException: Invalid Deployment identifier specified");
}

TEST_F(Deployment, IsKeptWhileAStagePointsToIt) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  std::string first = at(call("CreateDeployment", {{"restApiId", api}, {"stageName", "prod"}}), "id");
  json::object key{{"restApiId", api}, {"deploymentId", first}};
  EXPECT_EQ(error("DeleteDeployment", key),
            "BadRequestException: Active stages pointing to this deployment must be moved or deleted");
  deploy(api);
  EXPECT_EQ(error("DeleteDeployment", key), "");
  EXPECT_EQ(call("GetDeployments", {{"restApiId", api}})["items"].as_array().size(), 1U);
}

TEST_F(Deployment, IsASnapshot) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  new_lambda(api, new_resource(api, root, "late"), "GET");
  call("DeleteMethod", {{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}});
  EXPECT_EQ(get(api, "/prod/late").status, 403);
  EXPECT_EQ(get(api, "/prod/").status, 200);
  deploy(api);
  EXPECT_EQ(get(api, "/prod/late").status, 200);
  EXPECT_EQ(get(api, "/prod/").status, 403);
}

TEST_F(Stage, HasAwsDefaults) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  std::string deployment = at(call("CreateDeployment", {{"restApiId", api}}), "id");
  json::object input{
      {"restApiId", api}, {"stageName", "dev"}, {"deploymentId", deployment}, {"description", "dev stage"}};
  json::object stage = call("CreateStage", input);
  EXPECT_EQ(json::serialize(stage),
            R"({"deploymentId":")" + deployment +
                R"(","stageName":"dev","description":"dev stage",)"
                R"("cacheClusterEnabled":false,"cacheClusterStatus":"NOT_AVAILABLE","methodSettings":{},)"
                R"("tracingEnabled":false,)"
                R"("createdDate":1.428582896E9,"lastUpdatedDate":1.428582896E9})");
  EXPECT_EQ(error("CreateStage", input), "ConflictException: Stage already exists");
  input["stageName"] = "other";
  input["deploymentId"] = "wrong";
  EXPECT_EQ(error("CreateStage", input), "BadRequestException: Deployment id does not exist");
  input["stageName"] = "a/b";
  EXPECT_THAT(error("CreateStage", input), ::testing::HasSubstr("Stage name only allows"));
  EXPECT_EQ(error("GetStage", {{"restApiId", api}, {"stageName", "none"}}),
            "NotFoundException: Invalid stage identifier specified");
}

TEST_F(Stage, ListsByDeployment) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api, "one");
  deploy(api, "two");
  EXPECT_EQ(call("GetStages", {{"restApiId", api}})["item"].as_array().size(), 2U);
  std::string deployment = at(call("GetStage", {{"restApiId", api}, {"stageName", "two"}}), "deploymentId");
  json::object some = call("GetStages", {{"restApiId", api}, {"deploymentId", deployment}});
  ASSERT_EQ(some["item"].as_array().size(), 1U);
  EXPECT_EQ(some["item"].at(0).at("stageName"), "two");
}

TEST_F(Stage, PatchesFollowAwsRules) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  auto input = [&](std::string op, std::string path, std::string value) {
    return json::object{{"restApiId", api},
                        {"stageName", "prod"},
                        {"patchOperations", json::array{json::object{{"op", op}, {"path", path}, {"value", value}}}}};
  };
  clock.advance(std::chrono::seconds(10));
  json::object stage = call("UpdateStage", input("replace", "/variables/host", "example.com"));
  EXPECT_EQ(stage["variables"].at("host"), "example.com");
  EXPECT_EQ(stage["lastUpdatedDate"].as_double(), 1428582906.0);
  stage = call("UpdateStage", input("remove", "/variables/host", ""));
  EXPECT_FALSE(stage.contains("variables"));
  EXPECT_EQ(
      error("UpdateStage", input("remove", "/*/*", "")),
      "BadRequestException: Cannot remove method setting */* because there is no method setting for this method ");
  stage = call("UpdateStage", input("replace", "/*/*/metrics/enabled", "true"));
  EXPECT_EQ(stage["methodSettings"].at("*/*").at("metricsEnabled"), true);
  EXPECT_EQ(stage["methodSettings"].at("*/*").at("throttlingBurstLimit"), 5000);
  EXPECT_EQ(error("UpdateStage", input("remove", "/*/*", "")), "");
  EXPECT_THAT(error("UpdateStage", input("replace", "/*/*/throttling/rateLimit", "1")),
              ::testing::HasSubstr("throttling"));
  EXPECT_EQ(error("UpdateStage", input("add", "/accessLogSettings/randomValue", "x")),
            "BadRequestException: Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, "
            "/accessLogSettings/format]");
  EXPECT_THAT(error("UpdateStage", input("replace", "/tags/tag1", "value1")),
              ::testing::StartsWith(
                  "BadRequestException: Invalid method setting path: /tags/tag1. Must be one of: [/deploymentId,"));
  EXPECT_EQ(error("UpdateStage", input("replace", "/deploymentId", "none")),
            "BadRequestException: Deployment id does not exist");
}

TEST_F(Stage, CountIsLimited) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  for (int i = 0; i < 10; ++i) deploy(api, "s" + std::to_string(i));
  EXPECT_THAT(error("CreateDeployment", {{"restApiId", api}, {"stageName", "s10"}}),
              ::testing::StartsWith("LimitExceededException: Maximum number of stages"));
}

TEST_F(Tags, BelongToApisAndStages) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  std::string arn = "arn:aws:apigateway:eu-west-1::/restapis/" + api;
  call("TagResource", {{"resourceArn", arn}, {"tags", {{"a", "1"}, {"b", "2"}}}});
  call("TagResource", {{"resourceArn", arn + "/stages/prod"}, {"tags", {{"s", "3"}}}});
  EXPECT_EQ(call("GetTags", {{"resourceArn", arn}})["tags"], (json::object{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(call("GetStage", {{"restApiId", api}, {"stageName", "prod"}})["tags"], (json::object{{"s", "3"}}));
  call("UntagResource", {{"resourceArn", arn}, {"tagKeys", json::array{"a"}}});
  EXPECT_EQ(call("GetRestApi", {{"restApiId", api}})["tags"], (json::object{{"b", "2"}}));
  EXPECT_NE(error("GetTags", {{"resourceArn", "arn:aws:s3:::x"}}), "");
}

TEST_F(Account, KeepsItsRole) {
  EXPECT_EQ(
      json::serialize(call("GetAccount")),
      R"({"throttleSettings":{"burstLimit":5000,"rateLimit":1E4},"features":["UsagePlans"],"apiKeyVersion":"4"})");
  json::array set{
      json::object{{"op", "replace"}, {"path", "/cloudwatchRoleArn"}, {"value", "arn:aws:iam::123456789012:role/r"}}};
  call("UpdateAccount", {{"patchOperations", set}});
  EXPECT_EQ(at(call("GetAccount"), "cloudwatchRoleArn"), "arn:aws:iam::123456789012:role/r");
}

TEST_F(Deployment, SurvivesARestart) {
  std::string api = new_api();
  new_lambda(api, new_resource(api, root, "{proxy+}"), "ANY");
  deploy(api);
  json::object before = call("GetResources", {{"restApiId", api}, {"embed", json::array{"methods"}}});
  restart();
  EXPECT_EQ(call("GetResources", {{"restApiId", api}, {"embed", json::array{"methods"}}}), before);
  EXPECT_EQ(get(api, "/prod/a/b").status, 200);
}

}  // namespace
}  // namespace brume::gateway::testing
