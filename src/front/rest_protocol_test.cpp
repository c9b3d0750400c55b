// rest-json: Lambda and API Gateway.
#include "front/rest_routes.h"
#include "front/test_front.h"

namespace brume::front {
namespace {

namespace json = boost::json;

constexpr ErrorKind kNotFound{"ResourceNotFoundException", 404};
constexpr ErrorKind kApiNotFound{"NotFoundException", 404};
constexpr ErrorKind kTooMany{"TooManyRequestsException", 429};

TEST(RestProtocol, InvokeCarriesPayloadHeadersAndStatus) {
  TestFront front;
  front.answer = [](service::Call&) {
    service::Reply reply;
    reply.output = {{"StatusCode", 202}, {"FunctionError", "Unhandled"}, {"ExecutedVersion", "$LATEST"}};
    reply.payload = "not \x01 json";
    return reply;
  };
  const std::string sent("\x00\xff{", 3);
  const auto response = front.rest("POST", "/2015-03-31/functions/my%2Dfunction/invocations?Qualifier=live", sent,
                                   {{"x-amz-invocation-type", "Event"}, {"X-Amz-Log-Type", "Tail"}});
  EXPECT_EQ(front.calls, std::vector<std::string>{"Invoke"});
  EXPECT_EQ(front.input, json_of(R"({"FunctionName":"my-function","InvocationType":"Event",)"
                                 R"("LogType":"Tail","Qualifier":"live"})")
                             .as_object());
  EXPECT_EQ(front.payload, sent);
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "not \x01 json");
  EXPECT_EQ(*response.header("X-Amz-Function-Error"), "Unhandled");
  EXPECT_EQ(*response.header("X-Amz-Executed-Version"), "$LATEST");
  EXPECT_EQ(response.header("x-amzn-requestid")->size(), 36u);
}

TEST(RestProtocol, BodyAndPathMembersMeet) {
  TestFront front;
  const auto response = front.rest("POST", "/2015-03-31/functions/f/aliases",
                                   R"({"Name":"live","FunctionVersion":"3","FunctionName":"other"})");
  EXPECT_EQ(response.status, 201);  // the model's
  EXPECT_EQ(front.input, json_of(R"({"Name":"live","FunctionVersion":"3","FunctionName":"f"})").as_object());
}

TEST(RestProtocol, NoBodyWithNoContent) {
  TestFront front;
  const auto response = front.rest("DELETE", "/2015-03-31/functions/f");
  EXPECT_TRUE(response.status == 204 || response.status == 200) << response.status;
  EXPECT_EQ(front.calls, std::vector<std::string>{"DeleteFunction"});
}

TEST(RestProtocol, ArnsInThePathAreDecodedOnce) {
  TestFront front;
  front.rest("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af");
  EXPECT_EQ(front.calls, std::vector<std::string>{"ListTags"});
  EXPECT_EQ(front.input.at("Resource"), "arn:aws:lambda:us-east-1:123456789012:function:f");
}

TEST(RestProtocol, QueryListsAndMaps) {
  TestFront front;
  front.rest("DELETE", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa?tagKeys=a&tagKeys=b%20c");
  EXPECT_EQ(front.calls, std::vector<std::string>{"UntagResource"});
  EXPECT_EQ(front.input.at("tagKeys"), (json::array{"a", "b c"}));
  EXPECT_EQ(front.input.at("resourceArn"), "arn:aws:apigateway:us-east-1::/restapis/a");

  front.rest("POST", "/restapis?mode=import&failonwarnings=true&ignore=documentation", "openapi: 3");
  EXPECT_EQ(front.calls.back(), "ImportRestApi");
  EXPECT_EQ(front.input, json_of(R"({"failOnWarnings":true,"parameters":{"ignore":"documentation"}})").as_object());
  EXPECT_EQ(front.payload, "openapi: 3");
}

TEST(RestProtocol, LiteralQueryTellsOperationsApart) {
  const RestRoutes routes(service::apigateway_model());
  EXPECT_EQ(routes.match("POST", "/restapis", "")->operation->name, "CreateRestApi");
  EXPECT_EQ(routes.match("POST", "/restapis", "mode=import")->operation->name, "ImportRestApi");
  EXPECT_EQ(routes.match("POST", "/apikeys", "mode=import&format=csv")->operation->name, "ImportApiKeys");
}

TEST(RestProtocol, EveryTemplateFindsItsOperation) {
  for (const auto* model : {&service::lambda_model(), &service::apigateway_model()}) {
    const RestRoutes routes(*model);
    for (const auto& operation : model->operations) {
      std::string uri(operation.uri);
      for (auto open = uri.find('{'); open != uri.npos; open = uri.find('{'))
        uri.replace(open, uri.find('}') - open + 1, "label");
      const auto mark = uri.find('?');
      const auto match =
          routes.match(operation.method, uri.substr(0, mark), mark == uri.npos ? "" : uri.substr(mark + 1));
      ASSERT_TRUE(match) << operation.name;
      EXPECT_EQ(match->operation->name, operation.name) << uri;
    }
  }
}

TEST(RestProtocol, PathsThatTheSignatureReadsOtherwiseMatchNothing) {
  const RestRoutes routes(service::lambda_model());
  EXPECT_TRUE(routes.match("GET", "/2015-03-31/functions/", ""));
  EXPECT_TRUE(routes.match("GET", "/2015-03-31/functions/x", ""));
  EXPECT_FALSE(routes.match("GET", "/2015-03-31/functions/..", ""));  // signed as /2015-03-31/
  EXPECT_FALSE(routes.match("GET", "/2015-03-31/functions/.", ""));
  EXPECT_FALSE(routes.match("GET", "/2015-03-31/functions/../configuration", ""));
  EXPECT_FALSE(routes.match("GET", "/2015-03-31//functions", ""));
  EXPECT_FALSE(routes.match("GET", "/2015-03-31/functions//configuration", ""));
  EXPECT_FALSE(routes.match("BREW", "/2015-03-31/functions", ""));
}

TEST(RestProtocol, PatchOperationsAndLowerCamelNames) {
  TestFront front;
  front.answer = [](service::Call&) {
    service::Reply reply;
    reply.output = {{"id", "abc"}, {"name", "n"}, {"createdDate", 1700000000}, {"tags", {{"k", "v"}}}};
    return reply;
  };
  const auto response =
      front.rest("PATCH", "/restapis/abc", R"({"patchOperations":[{"op":"replace","path":"/name","value":"n"}]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      front.input,
      json_of(R"({"restApiId":"abc","patchOperations":[{"op":"replace","path":"/name","value":"n"}]})").as_object());
  EXPECT_EQ(json_of(response.body), json_of(R"({"id":"abc","name":"n","createdDate":1700000000,"tags":{"k":"v"}})"));
  EXPECT_EQ(*response.header("content-type"), "application/json");
}

TEST(RestProtocol, LambdasErrorsNameTheirType) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply { throw AwsError(kNotFound, "Function not found: f"); };
  const auto response = front.rest("GET", "/2015-03-31/functions/f");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(*response.header("x-amzn-ErrorType"), "ResourceNotFoundException");
  EXPECT_EQ(json_of(response.body), json_of(R"({"Type":"User","Message":"Function not found: f"})"));
}

TEST(RestProtocol, ErrorMembersMayBeHeaders) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply {
    throw AwsError(kTooMany, "Rate Exceeded.",
                   {{"retryAfterSeconds", "7"}, {"Reason", "ConcurrentInvocationLimitExceeded"}});
  };
  const auto response = front.rest("POST", "/2015-03-31/functions/f/invocations");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(*response.header("Retry-After"), "7");
  EXPECT_EQ(json_of(response.body),
            json_of(R"({"message":"Rate Exceeded.","Type":"User","Reason":"ConcurrentInvocationLimitExceeded"})"));
}

TEST(RestProtocol, ApiGatewaysErrorsHaveAMessage) {
  TestFront front;
  front.answer = [](service::Call&) -> service::Reply {
    throw AwsError(kApiNotFound, "Invalid API identifier specified 000000000000:x");
  };
  const auto response = front.rest("GET", "/restapis/x");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"message":"Invalid API identifier specified 000000000000:x"})");
  const auto invalid = front.rest("POST", "/restapis", "{}");
  EXPECT_EQ(*invalid.header("x-amzn-ErrorType"), "ValidationException");
  EXPECT_EQ(invalid.body,
            R"({"message":"1 validation error detected: Value null at 'createRestApiInput.name' failed to satisfy )"
            R"(constraint: )"
            R"(Member must not be null"})");
}

TEST(RestProtocol, ApiGatewaysValidationAsRecorded) {
  TestFront front;
  const auto said = [&](std::string method, std::string path, std::string body) {
    const json::value answer = json::parse(front.rest(method, path, body).body);
    return std::string(answer.at("message").as_string());
  };
  const std::string integration = "/restapis/x/resources/y/methods/GET/integration";
  EXPECT_EQ(
      said("PUT", integration + "/responses/wrong", "{}"),
      "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy "
      "regular expression pattern: [1-5]\\d\\d");
  EXPECT_EQ(
      said("PUT", integration, R"({"type":"HTTPS_PROXY"})"),
      "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: "
      "Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]");
  EXPECT_EQ(said("PATCH", "/restapis/x", R"({"patchOperations":[{"op":"wrong","path":"/name"}]})"),
            "1 validation error detected: Value 'wrong' at 'updateRestApiInput.patchOperations.1.member.op' failed to "
            "satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]");
  EXPECT_EQ(
      said("POST", "/restapis", R"({"name":"n","endpointConfiguration":{"types":["wrong"]}})"),
      "1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to "
      "satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, "
      "REGIONAL]]");
  EXPECT_EQ(said("PUT", integration + "/responses/200", R"({"responseTemplates":{"application/json":123}})"),
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String");
  EXPECT_EQ(said("PUT", integration, R"({"type":"MOCK","requestParameters":{"a":true}})"),
            "class java.lang.Boolean can not be converted to an String");
}

TEST(RestProtocol, ATemplateOfNullStays) {
  TestFront front;
  front.rest("PUT", "/restapis/x/resources/y/methods/GET/integration/responses/200",
             R"({"responseTemplates":{"application/json":null},"responseParameters":{"a":null}})");
  ASSERT_EQ(front.calls.size(), 1u);
  EXPECT_EQ(json::serialize(front.input.at("responseTemplates")), R"({"application/json":null})");
  EXPECT_EQ(json::serialize(front.input.at("responseParameters")), "{}");

  front.answer = [](service::Call&) {
    service::Reply reply;
    reply.output = {{"selectionPattern", nullptr}, {"responseTemplates", {{"application/json", nullptr}}}};
    return reply;
  };
  const auto shown = front.rest("GET", "/restapis/x/resources/y/methods/GET/integration/responses/200");
  EXPECT_EQ(shown.body, R"({"responseTemplates":{"application/json":null}})");
}

TEST(RestProtocol, MalformedBodiesAndParametersAreRefused) {
  TestFront front;
  const auto body = front.rest("POST", "/2015-03-31/functions/f/aliases", "{");
  EXPECT_EQ(body.status, 400);
  EXPECT_EQ(*body.header("x-amzn-ErrorType"), "InvalidRequestContentException");
  EXPECT_NE(body.body.find("Could not parse request body into json: "), std::string::npos);
  const auto number = front.rest("GET", "/2015-03-31/functions?MaxItems=many");
  EXPECT_EQ(*number.header("x-amzn-ErrorType"), "SerializationException");
  const auto utf8 = front.rest("GET", "/2015-03-31/functions/%ff%fe");
  EXPECT_EQ(utf8.status, 400);
  EXPECT_TRUE(front.calls.empty());
}

TEST(RestProtocol, UnknownPathsAreNotFound) {
  TestFront front;
  for (const char* path : {"/2015-03-31/nothing", "/nothing/at/all", "/restapis/a/b/c/d/e/f/g", "/%00", "/?"}) {
    const auto response = front.rest("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_TRUE(json_of(response.body).is_object());
  }
}

}  // namespace
}  // namespace brume::front
