// Requests to deployed APIs, from the address to the response.
#include "gateway/gateway.h"

#include <gmock/gmock.h>

#include "gateway/keys.h"
#include "gateway/testing/gateway_fixture.h"

namespace brume::gateway::testing {

namespace {

using Serve = GatewayTest;
using LambdaProxy = GatewayTest;
using Mock = GatewayTest;

std::string header(const net::Response& response, std::string_view name) {
  const std::string* value = response.header(name);
  return value ? *value : "(none)";
}

TEST_F(Serve, UnknownApisStagesAndRoutesAreForbidden) {
  std::string api = new_api();
  new_lambda(api, new_resource(api, root, "pets"), "GET");
  deploy(api);
  for (const std::string& id : {std::string("nope"), api}) {
    net::Response response = get(id, "/none/pets");
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body, R"({"message":"Forbidden"})");
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "ForbiddenException");
    EXPECT_NE(header(response, "x-amz-apigw-id"), "(none)");
  }
  for (std::string_view method : {"GET", "POST"}) {
    net::Response response = get(api, method == "GET" ? "/prod/none" : "/prod/pets", std::string(method));
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body, R"({"message":"Missing Authentication Token"})");
    EXPECT_EQ(header(response, "x-amzn-errortype"), "MissingAuthenticationTokenException");
    EXPECT_EQ(header(response, "x-amzn-RequestId"), "11111111-2222-4333-8444-555555555555");
  }
}

TEST_F(Serve, DisabledEndpointsAreForbidden) {
  json::object api = call("CreateRestApi", {{"name", "a"}, {"disableExecuteApiEndpoint", true}});
  new_lambda(at(api, "id"), at(api, "rootResourceId"), "GET");
  deploy(at(api, "id"));
  EXPECT_EQ(get(at(api, "id"), "/prod").status, 403);
}

TEST_F(Serve, PrivateApisAreForbiddenAtOnce) {
  const std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  EXPECT_EQ(get(api, "/prod").status, 200);
  const auto become = [&](std::string type) {
    call("UpdateRestApi", {{"restApiId", api},
                           {"patchOperations",
                            json::array{json::object{
                                {"op", "replace"}, {"path", "/endpointConfiguration/types/EDGE"}, {"value", type}}}}});
  };
  become("PRIVATE");
  EXPECT_EQ(get(api, "/prod").status, 403);
  EXPECT_EQ(get(api, "/prod").body, R"({"message":"Forbidden"})");
  become("REGIONAL");
  EXPECT_EQ(get(api, "/prod").status, 200);
}

TEST_F(Serve, SecurityPoliciesThatCannotBeKeptAreRefused) {
  EXPECT_EQ(error("CreateRestApi", {{"name", "x"}, {"securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"}}),
            "BadRequestException: Not supported by this server: securityPolicy SecurityPolicy_TLS13_1_3_2025_09");
  EXPECT_EQ(error("CreateRestApi", {{"name", "x"}, {"securityPolicy", "TLS_1_2"}}), "");
}

TEST_F(Serve, ADamagedStageLeavesTheOthers) {
  const std::string good = new_api();
  new_lambda(good, root, "GET");
  deploy(good);
  const std::string bad = new_api("bad");
  new_lambda(bad, root, "GET");
  deploy(bad);
  deploy(bad, "sound");
  const auto damage = [&](std::string key) {
    run_task(store->run({"x"}, [&](store::Transaction& transaction) { transaction.put(key, "{"); }));
  };
  damage(stage_key(bad, "prod"));
  restart();
  EXPECT_EQ(get(bad, "/prod").status, 500);
  EXPECT_EQ(get(bad, "/prod").body, R"({"message": "Internal server error"})");
  EXPECT_EQ(get(bad, "/sound").status, 200);
  EXPECT_EQ(get(good, "/prod").status, 200);
  damage(api_key(bad));
  restart();
  EXPECT_EQ(get(bad, "/sound").status, 500);
  EXPECT_EQ(get(good, "/prod").status, 200);
  const json::array apis = call("GetRestApis").at("items").as_array();
  ASSERT_EQ(apis.size(), 1u);
  EXPECT_EQ(at(apis[0].as_object(), "id"), good);
}

TEST_F(Serve, ChangesOfAStageAreServedAtOnce) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  EXPECT_EQ(get(api, "/prod").status, 200);
  json::array set{json::object{{"op", "replace"}, {"path", "/variables/v"}, {"value", "1"}}};
  call("UpdateStage", {{"restApiId", api}, {"stageName", "prod"}, {"patchOperations", set}});
  get(api, "/prod");
  EXPECT_EQ(json::serialize(functions.event()["stageVariables"]), R"({"v":"1"})");
  call("DeleteStage", {{"restApiId", api}, {"stageName", "prod"}});
  EXPECT_EQ(get(api, "/prod").status, 403);
}

TEST_F(Serve, RecordsEachRequest) {
  std::string api = new_api();
  new_lambda(api, new_resource(api, root, "{id}"), "GET");
  deploy(api);
  get(api, "/prod/7");
  get(api, "/prod/7/8");
  EXPECT_THAT(recorder.seen, ::testing::ElementsAre("prod GET /{id} 200", "prod GET  403"));
}

TEST_F(Serve, LongRequestsAreRefused) {
  std::string api = new_api();
  new_lambda(api, root, "POST");
  deploy(api);
  TestRequest request{
      "POST", "/prod", {{"Host", api + ".execute-api.eu-west-1.localhost"}}, std::string(10 * 1024 * 1024 + 1, 'x')};
  net::Response response = send(request);
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, R"({"message":"Request Too Long"})");
}

TEST_F(LambdaProxy, EventIsWhatAwsSends) {
  std::string api = new_api();
  std::string proxy = new_resource(api, root, "{proxy+}");
  new_lambda(api, proxy, "ANY");
  call("CreateDeployment", {{"restApiId", api}, {"stageName", "prod"}, {"variables", {{"env", "x y"}}}});
  std::string deployment = at(call("GetStage", {{"restApiId", api}, {"stageName", "prod"}}), "deploymentId");
  TestRequest request{"POST",
                      "/prod//a%2Bb//c/?k=1&k=2&sp=x+y&e=%26",
                      {{"host", api + ".execute-api.eu-west-1.localhost:4566"},
                       {"user-agent", "test/1"},
                       {"authorization", "Bearer t"},
                       {"tEsT-HEADeR", "one"},
                       {"test-header", "two"},
                       {"Connection", "close"},
                       {"Content-Length", "2"},
                       {"X-Forwarded-For", "203.0.113.9"},
                       {"X-Amzn-Trace-Id", "Root=1-5-a"}},
                      "hi"};
  net::Response response = send(request);
  EXPECT_EQ(response.status, 200);
  json::object event = functions.event();
  std::string extended = header(response, "x-amz-apigw-id");
  std::string domain = api + ".execute-api.eu-west-1.localhost";
  json::value expected = json::parse(R"({
    "resource": "/{proxy+}", "path": "/a%2Bb//c/", "httpMethod": "POST",
    "headers": {"Host": "HOST:4566", "User-Agent": "test/1", "Authorization": "Bearer t", "tEsT-HEADeR": "two",
      "X-Amzn-Trace-Id": "Root=1-5-a", "X-Forwarded-For": "203.0.113.9, 192.0.2.7", "X-Forwarded-Port": "4566",
      "X-Forwarded-Proto": "http"},
    "multiValueHeaders": {"Host": ["HOST:4566"], "User-Agent": ["test/1"], "Authorization": ["Bearer t"],
      "tEsT-HEADeR": ["one", "two"], "X-Amzn-Trace-Id": ["Root=1-5-a"], "X-Forwarded-For": ["203.0.113.9, 192.0.2.7"],
      "X-Forwarded-Port": ["4566"], "X-Forwarded-Proto": ["http"]},
    "queryStringParameters": {"k": "2", "sp": "x y", "e": "&"},
    "multiValueQueryStringParameters": {"k": ["1", "2"], "sp": ["x y"], "e": ["&"]},
    "pathParameters": {"proxy": "a%2Bb//c"},
    "stageVariables": {"env": "x y"},
    "requestContext": {"resourceId": "RESOURCE", "resourcePath": "/{proxy+}", "httpMethod": "POST",
      "extendedRequestId": "EXTENDED", "requestTime": "09/Apr/2015:12:34:56 +0000", "path": "/prod//a%2Bb//c/",
      "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "prod", "domainPrefix": "API",
      "requestTimeEpoch": 1428582896000, "requestId": "11111111-2222-4333-8444-555555555555",
      "identity": {"cognitoIdentityPoolId": null, "accountId": null, "cognitoIdentityId": null, "caller": null,
        "sourceIp": "192.0.2.7", "principalOrgId": null, "accessKey": null, "cognitoAuthenticationType": null,
        "cognitoAuthenticationProvider": null, "userArn": null, "userAgent": "test/1", "user": null},
      "domainName": "HOST", "deploymentId": "DEPLOYMENT", "apiId": "API"},
    "body": "hi", "isBase64Encoded": false})");
  std::string text = json::serialize(expected);
  for (auto [mark, value] : {std::pair<std::string, std::string>{"HOST", domain},
                             {"RESOURCE", proxy},
                             {"EXTENDED", extended},
                             {"DEPLOYMENT", deployment},
                             {"\"API\"", "\"" + api + "\""}})
    for (std::size_t place = text.find(mark); place != std::string::npos; place = text.find(mark, place + value.size()))
      text.replace(place, mark.size(), value);
  EXPECT_EQ(json::serialize(event), json::serialize(json::parse(text)));
  EXPECT_EQ(functions.calls[0].source_arn, "arn:aws:execute-api:eu-west-1:123456789012:" + api + "/prod/POST/{proxy+}");
  EXPECT_EQ(functions.calls[0].function_arn, "arn:aws:lambda:eu-west-1:123456789012:function:echo");
  EXPECT_EQ(functions.calls[0].timeout, std::chrono::milliseconds(29'000));
}

TEST_F(LambdaProxy, EmptyPartsAreNull) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  send({"GET", "/_aws/execute-api/" + api + "/prod", {{"Host", "localhost:4566"}}, ""});
  json::object event = functions.event();
  for (std::string_view member :
       {"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"})
    EXPECT_TRUE(event[member].is_null()) << member;
  EXPECT_EQ(event["path"], "/");
  EXPECT_EQ(event["requestContext"].at("path"), "/prod");
  EXPECT_EQ(at(event["requestContext"].as_object(), "domainName"), api + ".execute-api.eu-west-1.localhost");
}

TEST_F(LambdaProxy, BinaryBodiesAreBase64BothWays) {
  json::object created = call("CreateRestApi", {{"name", "b"}, {"binaryMediaTypes", json::array{"image/png"}}});
  std::string api = at(created, "id");
  new_lambda(api, at(created, "rootResourceId"), "POST");
  deploy(api);
  functions.result = FunctionAnswer{R"({"body":"AAH/","isBase64Encoded":true})"};
  TestRequest request{
      "POST",
      "/prod",
      {{"Host", api + ".execute-api.x.localhost"}, {"Content-Type", "image/png"}, {"Accept", "image/png"}},
      std::string("\x00\x01\xFF", 3)};
  net::Response response = send(request);
  EXPECT_EQ(functions.event()["body"], "AAH/");
  EXPECT_EQ(functions.event()["isBase64Encoded"], true);
  EXPECT_EQ(response.body, std::string("\x00\x01\xFF", 3));
  request.headers[2].second = "text/html";
  EXPECT_EQ(send(request).body, "AAH/");
  request.headers[1].second = "text/plain";
  send(request);
  EXPECT_EQ(at(functions.event(), "body"), std::string("\x00\x01\xEF\xBF\xBD", 5));
  functions.result = FunctionAnswer{R"({"body":"not base64","isBase64Encoded":true})"};
  request.headers[2].second = "image/png";
  EXPECT_EQ(send(request).status, 500);
}

TEST_F(LambdaProxy, AnswersBecomeResponses) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  functions.result = FunctionAnswer{R"({"statusCode":201,"headers":{"Date":"x","A":"1","Transfer-Encoding":"chunked"},)"
                                    R"("multiValueHeaders":{"Set-Cookie":["a=1","b=2"]},"body":"made"})"};
  net::Response response = get(api, "/prod");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "made");
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(header(response, "x-amzn-Remapped-Date"), "x");
  EXPECT_EQ(header(response, "Transfer-Encoding"), "(none)");
  EXPECT_THAT(header(response, "X-Amzn-Trace-Id"),
              ::testing::MatchesRegex("Root=1-552671f0-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"));
  std::vector<std::string> cookies;
  for (const auto& [name, value] : response.headers)
    if (name == "Set-Cookie") cookies.push_back(value);
  EXPECT_THAT(cookies, ::testing::ElementsAre("a=1", "b=2"));
}

TEST_F(LambdaProxy, ATraceWithoutASpanGetsOne) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  functions.result = FunctionAnswer{R"({"statusCode":200})"};
  const auto traced = [&](std::string given) {
    TestRequest request{
        "GET", "/prod", {{"Host", api + ".execute-api.x.localhost"}, {"X-Amzn-Trace-Id", std::move(given)}}, ""};
    return header(send(request), "X-Amzn-Trace-Id");
  };
  const std::string root_id = "Root=1-3152b799-8954dae64eda91bc9a23a7e8";
  EXPECT_EQ(traced(root_id + ";Parent=7fa8c0f79203be72;Sampled=1"), root_id + ";Parent=7fa8c0f79203be72;Sampled=1");
  EXPECT_THAT(traced(root_id), ::testing::MatchesRegex(root_id + ";Parent=[0-9a-f]{16};Sampled=0"));
}

TEST_F(LambdaProxy, FailuresHaveAwsStatuses) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  auto status = [&](FunctionResult result) {
    functions.result = std::move(result);
    net::Response response = get(api, "/prod");
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "InternalServerErrorException");
    return std::to_string(response.status) + " " + response.body;
  };
  EXPECT_EQ(status(FunctionAnswer{"null"}), R"(502 {"message": "Internal server error"})");
  EXPECT_EQ(status(FunctionAnswer{R"({"errorMessage":"x"})", true}), R"(502 {"message": "Internal server error"})");
  EXPECT_EQ(status(FunctionTimedOut{}), R"(504 {"message": "Endpoint request timed out"})");
  EXPECT_EQ(status(FunctionNotPermitted{}), R"(500 {"message": "Internal server error"})");
  EXPECT_EQ(status(FunctionNotFound{}), R"(500 {"message": "Internal server error"})");
  EXPECT_EQ(status(FunctionThrottled{}), R"(500 {"message": "Internal server error"})");
  EXPECT_EQ(status(FunctionFailed{"pending"}), R"(500 {"message": "Internal server error"})");
  EXPECT_EQ(status(FunctionAnswer{std::string(10 * 1024 * 1024 + 1, ' ')}),
            R"(500 {"message": "Internal server error"})");
}

json::object replaced(std::string path, std::string value) {
  return json::object{{"op", "replace"}, {"path", path}, {"value", value}};
}

TEST_F(LambdaProxy, CredentialsAreARoleThatTheGatewayMustBeAbleToAssume) {
  const std::string role = "arn:aws:iam::123456789012:role/caller", api = new_api();
  new_lambda(api, root, "GET");
  call("UpdateIntegration", {{"restApiId", api},
                             {"resourceId", root},
                             {"httpMethod", "GET"},
                             {"patchOperations", json::array{replaced("/credentials", role)}}});
  deploy(api);
  EXPECT_EQ(get(api, "/prod").status, 500) << "a role that cannot be assumed opens nothing";
  EXPECT_TRUE(functions.calls.empty());
  EXPECT_EQ(roles.asked.back(), "123456789012 " + role);
  roles.sessions[role] = "arn:aws:sts::123456789012:assumed-role/caller/s";
  EXPECT_EQ(get(api, "/prod").status, 200);
  EXPECT_EQ(functions.calls.back().session_arn, "arn:aws:sts::123456789012:assumed-role/caller/s");
  EXPECT_EQ(functions.calls.back().source_account, "123456789012");
}

TEST_F(LambdaProxy, CredentialsOfOtherAccountsAndWhatIsNoRoleAreRefused) {
  const std::string api = new_api();
  new_method(api, root, "GET");
  const std::string uri =
      "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
      "arn:aws:lambda:eu-west-1:123456789012:function:echo/invocations";
  const auto put = [&](std::string credentials) {
    return error("PutIntegration", {{"restApiId", api},
                                    {"resourceId", root},
                                    {"httpMethod", "GET"},
                                    {"type", "AWS_PROXY"},
                                    {"integrationHttpMethod", "POST"},
                                    {"uri", uri},
                                    {"credentials", credentials}});
  };
  const std::string foreign = "arn:aws:iam::999999999999:role/caller";
  EXPECT_EQ(put(foreign), "AccessDeniedException: Cross-account pass role is not allowed.");
  EXPECT_EQ(put("x"), "BadRequestException: Invalid ARN specified in the request");
  EXPECT_EQ(put("arn:aws:iam::123456789012:user/ann"), "BadRequestException: Invalid ARN specified in the request");
  EXPECT_EQ(put("arn:aws:iam::*:user/*"),
            "BadRequestException: Not supported by this server: credentials arn:aws:iam::*:user/* (the caller's own "
            "credentials)");
  EXPECT_EQ(put("arn:aws:iam::123456789012:role/caller"), "");
  EXPECT_EQ(error("UpdateIntegration", {{"restApiId", api},
                                        {"resourceId", root},
                                        {"httpMethod", "GET"},
                                        {"patchOperations", json::array{replaced("/credentials", foreign)}}}),
            "AccessDeniedException: Cross-account pass role is not allowed.");
  EXPECT_EQ(error("UpdateAccount", {{"patchOperations", json::array{replaced("/cloudwatchRoleArn", foreign)}}}),
            "AccessDeniedException: Cross-account pass role is not allowed.");
}

TEST_F(LambdaProxy, StageVariablesInCredentialsDoNotSlipBy) {
  const std::string api = new_api();
  new_lambda(api, root, "GET");
  call("UpdateIntegration", {{"restApiId", api},
                             {"resourceId", root},
                             {"httpMethod", "GET"},
                             {"patchOperations", json::array{replaced("/credentials", "${stageVariables.role}")}}});
  call("CreateDeployment", {{"restApiId", api}, {"stageName", "prod"}, {"variables", {{"role", "x"}}}});
  EXPECT_EQ(get(api, "/prod").status, 500);
  EXPECT_EQ(roles.asked.back(), "123456789012 x");
  call("CreateDeployment", {{"restApiId", api}, {"stageName", "none"}});
  EXPECT_EQ(get(api, "/none").status, 500) << "an empty variable is no way back to the resource policy";
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(LambdaProxy, StageVariablesChooseTheFunction) {
  std::string api = new_api();
  new_lambda(api, root, "GET", "arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.fn}");
  call("CreateDeployment", {{"restApiId", api}, {"stageName", "prod"}, {"variables", {{"fn", "orders:live"}}}});
  get(api, "/prod");
  EXPECT_EQ(functions.calls.at(0).function_arn, "arn:aws:lambda:eu-west-1:123456789012:function:orders");
  EXPECT_EQ(functions.calls.at(0).qualifier, "live");
}

TEST_F(Mock, AnswersCorsPreflights) {
  std::string api = new_api();
  std::string pets = new_resource(api, root, "pets");
  new_method(api, pets, "OPTIONS");
  json::object key{{"restApiId", api}, {"resourceId", pets}, {"httpMethod", "OPTIONS"}, {"statusCode", "204"}};
  json::object input = key;
  input["responseParameters"] = {{"method.response.header.Access-Control-Allow-Origin", true},
                                 {"method.response.header.X-Stage", true}};
  call("PutMethodResponse", input);
  input = key;
  input["type"] = "MOCK";
  input["requestTemplates"] = {{"application/json", "{statusCode: 200}"}};
  call("PutIntegration", input);
  input = key;
  input["responseParameters"] = {{"method.response.header.Access-Control-Allow-Origin", "'*'"},
                                 {"method.response.header.X-Stage", "context.stage"}};
  call("PutIntegrationResponse", input);
  deploy(api);
  net::Response response = get(api, "/prod/pets", "OPTIONS");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(header(response, "X-Stage"), "prod");
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(Mock, TemplatesWorkOnTextAlone) {
  const auto status = [&](json::array types, const char* handling) {
    std::string api = at(call("CreateRestApi", {{"name", "mock"}, {"binaryMediaTypes", types}}), "id");
    std::string id = at(call("GetResources", {{"restApiId", api}}).at("items").as_array().at(0).as_object(), "id");
    new_method(api, id, "OPTIONS");
    json::object input{{"restApiId", api}, {"resourceId", id}, {"httpMethod", "OPTIONS"}};
    json::object integration = input;
    integration["type"] = "MOCK";
    integration["requestTemplates"] = {{"application/json", "{\"statusCode\": 204}"}};
    if (*handling) integration["contentHandling"] = handling;
    call("PutIntegration", integration);
    input["statusCode"] = "204";
    call("PutMethodResponse", input);
    call("PutIntegrationResponse", input);
    deploy(api);
    return get(api, "/prod/", "OPTIONS").status;
  };
  const json::array all{"*/*"}, some{"image/png"};
  EXPECT_EQ(status(all, ""), 500);
  EXPECT_EQ(status(all, "CONVERT_TO_TEXT"), 204);
  EXPECT_EQ(status(all, "CONVERT_TO_BINARY"), 500);
  EXPECT_EQ(status(some, ""), 204);
  EXPECT_EQ(status(some, "CONVERT_TO_TEXT"), 204) << "what the presets for CORS write";
  EXPECT_EQ(status(some, "CONVERT_TO_BINARY"), 500);
}

TEST_F(Mock, SelectsByStatusAndContentType) {
  std::string api = new_api();
  new_method(api, root, "POST");
  json::object input{
      {"restApiId", api},
      {"resourceId", root},
      {"httpMethod", "POST"},
      {"type", "MOCK"},
      {"passthroughBehavior", "WHEN_NO_TEMPLATES"},
      {"requestTemplates", {{"application/json", "{\"statusCode\": 404}"}, {"text/plain", "{\"statusCode\": 200}"}}}};
  call("PutIntegration", input);
  input["statusCode"] = "200";
  input["responseTemplates"] = {{"application/json", "{\"ok\":true}"}};
  call("PutIntegrationResponse", input);
  input["statusCode"] = "410";
  input["selectionPattern"] = "4\\d{2}";
  input["responseTemplates"] = {{"application/json", "{\"gone\":true}"}, {"text/html", "<p>gone</p>"}};
  call("PutIntegrationResponse", input);
  deploy(api);
  auto post = [&](std::string type, std::string accept) {
    net::Response response =
        send({"POST",
              "/prod",
              {{"Host", api + ".execute-api.x.localhost"}, {"Content-Type", type}, {"Accept", accept}},
              "x"});
    return std::to_string(response.status) + " " + header(response, "Content-Type") + " " + response.body;
  };
  EXPECT_EQ(post("application/json", "*/*"), "410 application/json {\"gone\":true}");
  EXPECT_EQ(post("application/json; charset=utf-8", "text/html"), "410 text/html <p>gone</p>");
  EXPECT_EQ(post("text/plain", "*/*"), "200 application/json {\"ok\":true}");
  EXPECT_EQ(post("image/png", "*/*"), "415 application/json {\"message\":\"Unsupported Media Type\"}");
}

TEST_F(Mock, PatternsAreMatchedInLinearTimeOrRefused) {
  const std::string api = new_api();
  new_method(api, root, "POST");
  json::object input{{"restApiId", api},
                     {"resourceId", root},
                     {"httpMethod", "POST"},
                     {"type", "MOCK"},
                     {"requestTemplates", {{"application/json", "{\"statusCode\": 200}"}}}};
  call("PutIntegration", input);
  input["statusCode"] = "200";
  for (const std::string& bad : {std::string(100'000, '('), std::string("("), std::string("(a)\\1"),
                                 std::string("(?=2)00"), std::string("((((a{1,100}){1,100}){1,100}){1,100})")}) {
    input["selectionPattern"] = bad;
    EXPECT_TRUE(error("PutIntegrationResponse", input).starts_with("BadRequestException: Invalid selection pattern"))
        << bad.substr(0, 40);
  }
  input["selectionPattern"] = "(0*)*(0*)*(2|2)0+";  // exponential for those who go back
  call("PutIntegrationResponse", input);
  deploy(api);
  EXPECT_EQ(
      send({"POST", "/prod", {{"Host", api + ".execute-api.x.localhost"}, {"Content-Type", "application/json"}}, ""})
          .status,
      200);
}

TEST_F(Mock, WithoutAStatusIsAConfigurationError) {
  std::string api = new_api();
  new_method(api, root, "GET");
  call("PutIntegration", {{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}, {"type", "MOCK"}});
  deploy(api);
  EXPECT_EQ(get(api, "/prod").status, 500);
}

}  // namespace
}  // namespace brume::gateway::testing
