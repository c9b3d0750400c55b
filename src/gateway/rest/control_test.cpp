// APIs, resources, methods and integrations through the operation table.
#include <gmock/gmock.h>

#include "gateway/testing/gateway_fixture.h"

namespace brume::gateway::testing {

namespace {

json::value patch(std::string_view op, std::string_view path, std::string_view value = "") {
  return {{"op", op}, {"path", path}, {"value", value}};
}
json::array patches(std::initializer_list<json::value> operations) {
  json::array array;
  for (const json::value& operation : operations) array.push_back(operation);
  return array;
}

using RestApi = GatewayTest;
using Resource = GatewayTest;
using Method = GatewayTest;
using Integration = GatewayTest;

TEST_F(RestApi, HasAwsDefaults) {
  json::object api = call("CreateRestApi", {{"name", "pets"}});
  EXPECT_THAT(at(api, "id"), ::testing::MatchesRegex("[a-z0-9]{10}"));
  EXPECT_EQ(api["createdDate"].as_double(), 1428582896.0);
  EXPECT_EQ(api["apiKeySource"], "HEADER");
  EXPECT_EQ(api["disableExecuteApiEndpoint"], false);
  EXPECT_EQ(json::serialize(api["endpointConfiguration"]), R"({"types":["EDGE"],"ipAddressType":"ipv4"})");
  EXPECT_FALSE(api.contains("account"));
  EXPECT_FALSE(api.contains("tags"));
  json::object read = call("GetRestApi", {{"restApiId", at(api, "id")}});
  EXPECT_EQ(json::serialize(read["tags"]), "{}") << "that shows it, and what creates and lists does not";
  EXPECT_FALSE(call("GetRestApis")["items"].at(0).as_object().contains("tags"));
  read.erase("tags");
  EXPECT_EQ(read, api);
}

TEST_F(RestApi, TheOnlyTypeOfItsEndpointStays) {
  const std::string api = new_api();
  EXPECT_EQ(error("UpdateRestApi", {{"restApiId", api},
                                    {"patchOperations", patches({patch("remove", "/endpointConfiguration/types/0")})}}),
            "BadRequestException: Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
}

TEST_F(Method, AnAuthorizationTypeInSmallLettersIsInLargeOnes) {
  const std::string api = new_api();
  const json::object method = call(
      "PutMethod", {{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}, {"authorizationType", "none"}});
  EXPECT_EQ(at(method, "authorizationType"), "NONE");
}

TEST_F(RestApi, IsSeenByItsOwnAccountOnly) {
  std::string api = new_api();
  EXPECT_THROW(call("GetRestApi", {{"restApiId", api}}, "210987654321"), AwsError);
  EXPECT_TRUE(call("GetRestApis", json::object{}, "210987654321")["items"].as_array().empty());
}

TEST_F(RestApi, UnknownIdsAreNamedWithTheAccount) {
  std::string expected = "NotFoundException: Invalid API identifier specified 123456789012:api_id";
  EXPECT_EQ(error("GetRestApi", {{"restApiId", "api_id"}}), expected);
  EXPECT_EQ(error("UpdateRestApi", {{"restApiId", "api_id"}, {"patchOperations", json::array{}}}), expected);
  EXPECT_EQ(error("DeleteRestApi", {{"restApiId", "api_id"}}), expected);
}

TEST_F(RestApi, InvalidInputIsRefusedWithAwsTexts) {
  EXPECT_EQ(error("CreateRestApi", {{"name", "a"}, {"description", ""}}),
            "BadRequestException: Description cannot be an empty string");
  EXPECT_EQ(error("CreateRestApi", {{"name", "a"}, {"minimumCompressionSize", -1}}),
            "BadRequestException: Invalid minimum compression size, must be between 0 and 10485760");
  EXPECT_EQ(
      error("CreateRestApi", {{"name", "a"}, {"endpointConfiguration", {{"types", json::array{"EDGE", "REGIONAL"}}}}}),
      "BadRequestException: Cannot create an api with multiple Endpoint Types.");
  EXPECT_THAT(error("CreateRestApi", {{"name", "a"}, {"policy", "{}"}}), ::testing::HasSubstr("policy"));
}

TEST_F(RestApi, ListsInPages) {
  for (int i = 0; i < 5; ++i) new_api("api" + std::to_string(i));
  std::vector<std::string> names;
  json::object input{{"limit", 2}};
  int pages = 0;
  while (true) {
    json::object page = call("GetRestApis", input);
    ++pages;
    for (const json::value& api : page["items"].as_array()) names.push_back(at(api.as_object(), "name"));
    if (!page.contains("position")) break;
    input["position"] = page["position"];
  }
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("api0", "api1", "api2", "api3", "api4"));
}

TEST_F(RestApi, PatchesFollowAwsRules) {
  std::string api = new_api();
  json::object input{{"restApiId", api},
                     {"patchOperations", patches({patch("add", "/binaryMediaTypes/image~1png"),
                                                  patch("add", "/binaryMediaTypes/image~1jpeg"),
                                                  patch("replace", "/description", "new")})}};
  json::object output = call("UpdateRestApi", input);
  EXPECT_EQ(json::serialize(output["binaryMediaTypes"]), R"(["image/png","image/jpeg"])") << json::serialize(output);
  EXPECT_EQ(output["description"], "new");
  EXPECT_TRUE(output["tags"].as_object().empty());

  input["patchOperations"] = patches({patch("replace", "/binaryMediaTypes/image~1png", "image~1gif")});
  EXPECT_EQ(call("UpdateRestApi", input)["binaryMediaTypes"], (json::array{"image/jpeg", "image/gif"}));
  input["patchOperations"] =
      patches({patch("remove", "/binaryMediaTypes/image~1gif"), patch("remove", "/description")});
  output = call("UpdateRestApi", input);
  EXPECT_EQ(output["binaryMediaTypes"], (json::array{"image/jpeg"}));
  EXPECT_FALSE(output.contains("description"));

  auto refused = [&](json::value operation) {
    return error("UpdateRestApi", {{"restApiId", api}, {"patchOperations", patches({operation})}});
  };
  EXPECT_EQ(refused(patch("add", "/binaryMediaTypes", "x")),
            "BadRequestException: Invalid patch path /binaryMediaTypes");
  EXPECT_EQ(refused(patch("add", "/minimumCompressionSize", "10")),
            "BadRequestException: Invalid patch operation specified. Must be one of: [replace]");
  EXPECT_EQ(refused(patch("replace", "/endpointConfiguration/types/0", "wrong")),
            "BadRequestException: Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE");
  EXPECT_EQ(refused(patch("replace", "/wrong", "x")), "BadRequestException: Invalid patch path /wrong");
}

TEST_F(RestApi, DeletingRemovesEverything) {
  std::string api = new_api();
  new_lambda(api, root, "GET");
  deploy(api);
  EXPECT_EQ(get(api, "/prod/").status, 200);
  call("DeleteRestApi", {{"restApiId", api}});
  EXPECT_EQ(get(api, "/prod/").status, 403);
  EXPECT_NE(error("GetResources", {{"restApiId", api}}), "");
}

TEST_F(RestApi, CloningCopiesResources) {
  std::string api = new_api();
  std::string pets = new_resource(api, root, "pets");
  new_lambda(api, pets, "GET");
  json::object clone = call("CreateRestApi", {{"name", "copy"}, {"cloneFrom", api}});
  json::object resources = call("GetResources", {{"restApiId", at(clone, "id")}, {"embed", json::array{"methods"}}});
  const json::array& items = resources["items"].as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].at("id"), clone["rootResourceId"]);
  EXPECT_EQ(items[1].at("path"), "/pets");
  EXPECT_NE(at(items[1].as_object(), "id"), pets);
  EXPECT_EQ(items[1].at("resourceMethods").at("GET").at("methodIntegration").at("type"), "AWS_PROXY");
}

TEST_F(Resource, PathsFollowTheTree) {
  std::string api = new_api();
  std::string pets = new_resource(api, root, "pets");
  std::string pet = new_resource(api, pets, "{id}");
  EXPECT_EQ(at(call("GetResource", {{"restApiId", api}, {"resourceId", pet}}), "path"), "/pets/{id}");
  json::object moved = call("UpdateResource", {{"restApiId", api},
                                               {"resourceId", pets},
                                               {"patchOperations", patches({patch("replace", "/pathPart", "dogs")})}});
  EXPECT_EQ(at(moved, "path"), "/dogs");
  EXPECT_EQ(at(call("GetResource", {{"restApiId", api}, {"resourceId", pet}}), "path"), "/dogs/{id}");
  call("DeleteResource", {{"restApiId", api}, {"resourceId", pets}});
  EXPECT_EQ(error("GetResource", {{"restApiId", api}, {"resourceId", pet}}),
            "NotFoundException: Invalid Resource identifier specified");
}

TEST_F(Resource, SiblingsAndVariablesAreChecked) {
  std::string api = new_api();
  std::string pets = new_resource(api, root, "pets");
  auto refused = [&](const std::string& parent, std::string part) {
    return error("CreateResource", {{"restApiId", api}, {"parentId", parent}, {"pathPart", part}});
  };
  EXPECT_EQ(refused(root, "pets"),
            "ConflictException: Another resource with the same parent already has this name: pets");
  std::string proxy = new_resource(api, root, "{proxy+}");
  EXPECT_EQ(refused(root, "{dynamic}"),
            "BadRequestException: A sibling ({proxy+}) of this resource already has a variable path part -- only one "
            "is allowed");
  EXPECT_EQ(refused(proxy, "child"),
            "BadRequestException: Cannot create a child of a resource with a greedy path variable: {proxy+}");
  EXPECT_EQ(refused("wrong", "x"), "NotFoundException: Invalid Resource identifier specified");
  for (std::string part : {"a/b", "{a", "a b", "", "{}", "$metadata"})
    EXPECT_THAT(refused(pets, part), ::testing::HasSubstr("Resource's path part only allow a-zA-Z0-9._-:")) << part;
}

TEST_F(Resource, UpdateErrorsAreAwss) {
  std::string api = new_api();
  std::string pets = new_resource(api, root, "pets");
  std::string sub = new_resource(api, pets, "subpets");
  std::string inner = new_resource(api, sub, "pets");
  auto refused = [&](const std::string& resource, json::value operation) {
    return error("UpdateResource",
                 {{"restApiId", api}, {"resourceId", resource}, {"patchOperations", patches({operation})}});
  };
  EXPECT_EQ(refused(sub, patch("replace", "/invalid", "x")),
            "BadRequestException: Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: "
            "[/parentId, /pathPart]");
  EXPECT_EQ(refused(sub, patch("remove", "/pathPart")),
            "BadRequestException: Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported "
            "operations");
  EXPECT_EQ(refused(sub, patch("replace", "/parentId", inner)), "BadRequestException: Resources cannot be cyclical.");
  EXPECT_EQ(refused(inner, patch("replace", "/parentId", root)),
            "ConflictException: Another resource with the same parent already has this name: pets");
  EXPECT_EQ(refused(root, patch("replace", "/pathPart", "x")),
            "BadRequestException: Root resource cannot update its pathPart.");
}

TEST_F(Resource, ListsByPathWithMethodNamesOrMethods) {
  std::string api = new_api();
  new_lambda(api, new_resource(api, root, "pets"), "GET");
  json::object plain = call("GetResources", {{"restApiId", api}});
  EXPECT_EQ(json::serialize(plain["items"].at(1).at("resourceMethods")), R"({"GET":{}})");
  json::object full = call("GetResources", {{"restApiId", api}, {"embed", json::array{"methods"}}});
  EXPECT_EQ(full["items"].at(1).at("resourceMethods").at("GET").at("authorizationType"), "NONE");
}

TEST_F(Method, LifeCycle) {
  std::string api = new_api();
  json::object key{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "ANY"}};
  EXPECT_EQ(error("GetMethod", key), "NotFoundException: Invalid Method identifier specified");
  json::object input = key;
  input["authorizationType"] = "NONE";
  json::object method = call("PutMethod", input);
  EXPECT_EQ(json::serialize(method), R"({"httpMethod":"ANY","authorizationType":"NONE","apiKeyRequired":false})");
  EXPECT_EQ(error("PutMethod", input), "ConflictException: Method already exists for this resource");
  call("DeleteMethod", key);
  EXPECT_EQ(error("DeleteMethod", key), "NotFoundException: Invalid Method identifier specified");
}

TEST_F(Method, SecurityThatIsNotThereIsRefused) {
  std::string api = new_api();
  json::object input{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}, {"authorizationType", "AWS_IAM"}};
  EXPECT_THAT(error("PutMethod", input), ::testing::HasSubstr("authorizationType AWS_IAM"));
  input["authorizationType"] = "CUSTOM";
  EXPECT_THAT(error("PutMethod", input), ::testing::HasSubstr("Invalid authorizer ID specified."));
  input["authorizationType"] = "NONE";
  input["apiKeyRequired"] = true;
  EXPECT_THAT(error("PutMethod", input), ::testing::HasSubstr("apiKeyRequired"));
  input.erase("apiKeyRequired");
  call("PutMethod", input);
  input["patchOperations"] = patches({patch("replace", "/apiKeyRequired", "true")});
  EXPECT_THAT(error("UpdateMethod", input), ::testing::HasSubstr("apiKeyRequired"));
  input["patchOperations"] = patches({patch("replace", "/authorizationType", "AWS_IAM")});
  EXPECT_THAT(error("UpdateMethod", input), ::testing::HasSubstr("authorizationType AWS_IAM"));
}

TEST_F(Method, InputIsCheckedAsAwsDoes) {
  std::string api = new_api();
  json::object input{
      {"restApiId", "fake"}, {"resourceId", root}, {"httpMethod", "WRONG"}, {"authorizationType", "NONE"}};
  EXPECT_EQ(error("PutMethod", input), "NotFoundException: Invalid Resource identifier specified");
  input["restApiId"] = api;
  EXPECT_EQ(error("PutMethod", input),
            "BadRequestException: Invalid HttpMethod specified. Valid options are "
            "GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY");
  input["httpMethod"] = "GET";
  input["requestParameters"] = {{"method.request.querystring.a", false}, {"method.request.header.a", false}};
  EXPECT_EQ(error("PutMethod", input),
            "BadRequestException: Parameter names must be unique across querystring, header and path");
  input.erase("requestParameters");
  input["requestModels"] = {{"application/json", "petModel"}};
  EXPECT_EQ(error("PutMethod", input), "BadRequestException: Invalid model identifier specified: petModel");
}

TEST_F(Method, PatchesFollowAwsRules) {
  std::string api = new_api();
  new_method(api, root, "ANY");
  json::object input{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "ANY"}};
  input["patchOperations"] =
      patches({patch("add", "/requestParameters/method.request.querystring.optional", "true"),
               patch("add", "/requestModels/application~1json", "Empty"), patch("replace", "/operationName", "List")});
  json::object method = call("UpdateMethod", input);
  EXPECT_EQ(method["requestParameters"].at("method.request.querystring.optional"), true);
  EXPECT_EQ(method["requestModels"].at("application/json"), "Empty");
  EXPECT_EQ(method["operationName"], "List");
  auto refused = [&](json::value operation) {
    input["patchOperations"] = patches({operation});
    return error("UpdateMethod", input);
  };
  EXPECT_EQ(refused(patch("add", "/operationName", "x")),
            "BadRequestException: Invalid patch operation specified. Must be one of: [replace]");
  EXPECT_EQ(refused(patch("add", "/httpMethod", "PUT")), "BadRequestException: Invalid patch path /httpMethod");
  EXPECT_EQ(refused(patch("replace", "/requestParameters", "x")),
            "BadRequestException: Invalid patch path /requestParameters");
  EXPECT_EQ(refused(patch("add", "/requestModels/application/json", "Empty")),
            "BadRequestException: Invalid patch path /requestModels/application/json");
  EXPECT_EQ(refused(patch("replace", "/requestValidatorId", "x")),
            "BadRequestException: Invalid Request Validator identifier specified");
}

TEST_F(Method, ResponsesFollowAwsRules) {
  std::string api = new_api();
  new_method(api, root, "GET");
  json::object key{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}, {"statusCode", "200"}};
  EXPECT_EQ(error("GetMethodResponse", key), "NotFoundException: Invalid Response status code specified");
  EXPECT_EQ(json::serialize(call("PutMethodResponse", key)), R"({"statusCode":"200"})");
  EXPECT_EQ(error("PutMethodResponse", key), "ConflictException: Response already exists for this resource");
  auto change = [&](json::value operation) {
    json::object input = key;
    input["patchOperations"] = patches({operation});
    return input;
  };
  EXPECT_EQ(error("UpdateMethodResponse", change(patch("replace", "/responseParameters/wrong", "true"))),
            "NotFoundException: Invalid parameter name specified");
  EXPECT_EQ(error("UpdateMethodResponse", change(patch("remove", "/responseModels/wrong"))),
            "NotFoundException: Content-Type specified was not found");
  EXPECT_EQ(error("UpdateMethodResponse", change(patch("remove", "/wrong/x"))),
            "BadRequestException: Invalid patch path /wrong/x");
  call("UpdateMethodResponse", change(patch("add", "/responseParameters/method.response.header.h", "true")));
  json::object response =
      call("UpdateMethodResponse", change(patch("remove", "/responseParameters/method.response.header.h")));
  EXPECT_FALSE(response.contains("responseParameters"));
}

TEST_F(Integration, UrisAreChecked) {
  std::string api = new_api();
  new_method(api, root, "GET");
  auto refused = [&](std::string type, std::string uri) {
    return error("PutIntegration", {{"restApiId", api},
                                    {"resourceId", root},
                                    {"httpMethod", "GET"},
                                    {"type", type},
                                    {"integrationHttpMethod", "POST"},
                                    {"uri", uri}});
  };
  std::string function = "arn:aws:lambda:eu-west-1:123456789012:function:f";
  std::string prefix = "arn:aws:apigateway:eu-west-1:";
  EXPECT_EQ(refused("AWS_PROXY", function), "BadRequestException: AWS ARN for integration must contain path or action");
  EXPECT_EQ(refused("AWS_PROXY", "bad-arn:lambda:path/2015-03-31/functions/" + function + "/invocations"),
            "BadRequestException: Invalid ARN specified in the request");
  EXPECT_EQ(refused("AWS_PROXY", prefix + "lambda:test/2015-03-31/functions/" + function + "/invocations"),
            "BadRequestException: AWS ARN for integration must contain path or action");
  std::string lambda_only =
      "BadRequestException: Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose "
      "stream invocations.";
  EXPECT_EQ(refused("AWS_PROXY", prefix + "firehose:path/2015-03-31/functions/" + function + "/invocations"),
            lambda_only);
  EXPECT_EQ(refused("AWS_PROXY", prefix + "lambda:path/random/value/" + function + "/invocations"), lambda_only);
  EXPECT_EQ(refused("AWS_PROXY", prefix + "s3:path/b/k"), lambda_only);
  EXPECT_EQ(refused("HTTP_PROXY", "non-valid-http"), "BadRequestException: Invalid HTTP endpoint specified for URI");
  EXPECT_THAT(refused("HTTP", "http://example.com"), ::testing::HasSubstr("mapping templates with VTL"));
  EXPECT_EQ(error("PutIntegration", {{"restApiId", api},
                                     {"resourceId", root},
                                     {"httpMethod", "GET"},
                                     {"type", "HTTP_PROXY"},
                                     {"uri", "http://example.com"}}),
            "BadRequestException: Enumeration value for HttpMethod must be non-empty");
}

TEST_F(Integration, HasAwsDefaults) {
  std::string api = new_api();
  new_method(api, root, "GET");
  json::object key{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}};
  EXPECT_EQ(error("GetIntegration", key), "NotFoundException: Invalid Integration identifier specified");
  json::object input = key;
  input["type"] = "HTTP_PROXY";
  input["integrationHttpMethod"] = "POST";
  input["uri"] = "http://example.com";
  json::object integration = call("PutIntegration", input);
  EXPECT_EQ(integration["httpMethod"], "POST");
  EXPECT_EQ(integration["connectionType"], "INTERNET");
  EXPECT_EQ(integration["timeoutInMillis"], 29000);
  EXPECT_EQ(integration["passthroughBehavior"], "WHEN_NO_MATCH");
  EXPECT_EQ(at(integration, "cacheNamespace"), root);
  EXPECT_TRUE(integration["cacheKeyParameters"].as_array().empty());
  input["patchOperations"] = patches({patch("replace", "/timeoutInMillis", "49")});
  EXPECT_EQ(error("UpdateIntegration", input), "BadRequestException: Timeout should be between 50 ms and 29000 ms");
  input["patchOperations"] =
      patches({patch("replace", "/uri", "https://example.org"), patch("replace", "/timeoutInMillis", "50")});
  integration = call("UpdateIntegration", input);
  EXPECT_EQ(integration["uri"], "https://example.org");
  EXPECT_EQ(integration["timeoutInMillis"], 50);
}

TEST_F(Integration, TemplatesWithVtlAreRefused) {
  std::string api = new_api();
  new_method(api, root, "GET");
  json::object input{{"restApiId", api},
                     {"resourceId", root},
                     {"httpMethod", "GET"},
                     {"type", "MOCK"},
                     {"requestTemplates", {{"application/json", "#set($a = 1){\"statusCode\": 200}"}}}};
  EXPECT_THAT(error("PutIntegration", input), ::testing::HasSubstr("mapping templates with VTL"));
  input["requestTemplates"] = {{"application/json", "{\"statusCode\": 200}"}};
  call("PutIntegration", input);
  input["patchOperations"] = patches({patch("replace", "/requestTemplates/application~1json", "$input.body")});
  EXPECT_THAT(error("UpdateIntegration", input), ::testing::HasSubstr("mapping templates with VTL"));
  input["statusCode"] = "200";
  input["responseTemplates"] = {{"application/json", "$input.path('$')"}};
  EXPECT_THAT(error("PutIntegrationResponse", input), ::testing::HasSubstr("mapping templates with VTL"));
}

TEST_F(Integration, MappingsNeedDeclaredParameters) {
  std::string api = new_api();
  std::string proxy = new_resource(api, root, "{proxy+}");
  json::object input{{"restApiId", api},
                     {"resourceId", proxy},
                     {"httpMethod", "ANY"},
                     {"type", "HTTP_PROXY"},
                     {"integrationHttpMethod", "ANY"},
                     {"uri", "http://example.com/{proxy}"},
                     {"requestParameters", {{"integration.request.path.proxy", "method.request.path.proxy"}}}};
  new_method(api, proxy, "ANY");
  EXPECT_EQ(
      error("PutIntegration", input),
      "BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid "
      "mapping expression parameter specified: method.request.path.proxy]");
  call("UpdateMethod",
       {{"restApiId", api},
        {"resourceId", proxy},
        {"httpMethod", "ANY"},
        {"patchOperations", patches({patch("add", "/requestParameters/method.request.path.proxy", "true")})}});
  EXPECT_EQ(error("PutIntegration", input), "");
  input["requestParameters"] = {{"integration.request.path.proxy", "true"}};
  EXPECT_EQ(
      error("PutIntegration", input),
      "BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid "
      "mapping expression specified: true]");
}

TEST_F(Integration, ResponsesFollowAwsRules) {
  std::string api = new_api();
  new_method(api, root, "GET");
  json::object key{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}};
  json::object input = key;
  input["type"] = "MOCK";
  call("PutIntegration", input);
  key["statusCode"] = "200";
  EXPECT_EQ(error("GetIntegrationResponse", key), "NotFoundException: Invalid Response status code specified");
  input = key;
  input["selectionPattern"] = "";
  input["responseTemplates"] = {{"application/json", ""}};
  EXPECT_EQ(json::serialize(call("PutIntegrationResponse", input)),
            R"({"statusCode":"200","selectionPattern":"","responseTemplates":{"application/json":null}})");
  input["responseTemplates"] = {{"123", "x"}};
  EXPECT_EQ(error("PutIntegrationResponse", input),
            "BadRequestException: Validation Result: warnings : [], errors : [Invalid content type specified: 123]");
  input.erase("responseTemplates");
  input["responseParameters"] = {{"method.response.header.A", "'*'"}};
  EXPECT_THAT(error("PutIntegrationResponse", input), ::testing::HasSubstr("method.response.header.A"));
  input = key;
  input["patchOperations"] = patches({patch("replace", "/selectionPattern", "2..")});
  EXPECT_EQ(call("UpdateIntegrationResponse", input)["selectionPattern"], "2..");
  call("DeleteIntegrationResponse", key);
  key["httpMethod"] = "POST";
  EXPECT_EQ(error("DeleteIntegrationResponse", key), "NotFoundException: Invalid Integration identifier specified");
}

}  // namespace
}  // namespace brume::gateway::testing
