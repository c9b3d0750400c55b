// HTTP_PROXY integrations: the mapped request, and a round trip through a local server.
#include "gateway/pipeline/http_proxy.h"

#include <gmock/gmock.h>

#include <mutex>

#include "gateway/testing/gateway_fixture.h"
#include "net/server/http_server.h"

namespace brume::gateway::testing {

namespace {

std::string header_of(const std::vector<net::Header>& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (net::equal_ignoring_case(key, name)) return value;
  return "(none)";
}

/// Maps one request with `integration`; path parameter proxy is "a/b%20c".
net::ClientRequest mapped(const HttpIntegration& integration, TestRequest request) {
  CompiledStage stage;
  stage.api = "abc123";
  stage.binary = BinaryMediaTypes({"image/png"});
  Route route;
  net::Request view = request.view();
  Exchange exchange{stage,
                    view,
                    &route,
                    {{"proxy", "a/b%20c"}},
                    net::parse_query(view.query),
                    "/x",
                    "/prod/x",
                    "request-1",
                    "extended=",
                    "Root=1-2-3",
                    "d",
                    "p",
                    WallTime{}};
  return proxied_request(integration, exchange).value_or(net::ClientRequest{.method = "", .url = "refused"});
}

RequestMapping mapping(std::string_view target, std::string_view source) {
  return {parse_parameter_target(target).value(), parse_parameter_source(source).value()};
}

TEST(HttpProxy, ContentHandlingChangesTheFormOfTheBody) {
  const auto body = [](ContentHandling handling, const char* type, std::string sent) {
    HttpIntegration integration{"ANY", "http://example.com/", {}};
    integration.content_handling = handling;
    return mapped(integration, {"POST", "/x", {{"Content-Type", type}}, std::move(sent)}).body;
  };
  const std::string bytes = "\x89P\xff";
  EXPECT_EQ(body(ContentHandling::none, "image/png", bytes), bytes);
  EXPECT_EQ(body(ContentHandling::to_binary, "image/png", bytes), bytes);
  EXPECT_EQ(body(ContentHandling::to_text, "image/png", bytes), "iVD/");
  EXPECT_EQ(body(ContentHandling::none, "text/plain", "iVD/"), "iVD/");
  EXPECT_EQ(body(ContentHandling::to_text, "text/plain", "iVD/"), "iVD/");
  EXPECT_EQ(body(ContentHandling::to_binary, "text/plain", "iVD/"), bytes);
  EXPECT_EQ(body(ContentHandling::to_binary, "text/plain", "no base64!"), "");
}

TEST(HttpProxy, EachApiOnTheWayIsNamed) {
  HttpIntegration integration{"ANY", "http://example.com/", {}};
  integration.mappings.push_back(mapping("integration.request.header.X-Amzn-Apigateway-Api-Id", "'none'"));
  const net::ClientRequest request =
      mapped(integration,
             {"GET", "/x", {{"X-Amzn-ApiGateway-Api-Id", "first,second"}, {"x-amzn-apigateway-api-id", "third"}}, ""});
  EXPECT_EQ(header_of(request.headers, "x-amzn-apigateway-api-id"), "first,second,third,abc123");
}

TEST(HttpProxy, PassesMethodQueryHeadersAndBody) {
  net::ClientRequest request = mapped({"ANY", "http://example.com/base", {}}, {"POST",
                                                                               "/x?a=1&b=%26",
                                                                               {{"Host", "h"},
                                                                                {"Accept", "x/y"},
                                                                                {"accept", "z"},
                                                                                {"TE", "t"},
                                                                                {"Connection", "close"},
                                                                                {"Via", "v"},
                                                                                {"User-Agent", "u"}},
                                                                               "body"});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://example.com/base?a=1&b=%26");
  EXPECT_EQ(request.body, "body");
  EXPECT_EQ(header_of(request.headers, "Accept"), "x/y,z");
  EXPECT_EQ(header_of(request.headers, "User-Agent"), "u");
  EXPECT_EQ(header_of(request.headers, "x-amzn-apigateway-api-id"), "abc123");
  EXPECT_EQ(header_of(request.headers, "X-Forwarded-For"), "192.0.2.7");
  for (std::string_view name : {"Host", "TE", "Connection", "Via"})
    EXPECT_EQ(header_of(request.headers, name), "(none)") << name;
}

TEST(HttpProxy, MapsParameters) {
  HttpIntegration integration{"GET",
                              "https://example.com/{proxy}/{other}?fixed=1",
                              {mapping("integration.request.path.proxy", "method.request.path.proxy"),
                               mapping("integration.request.querystring.q", "method.request.header.H"),
                               mapping("integration.request.querystring.none", "method.request.querystring.none"),
                               mapping("integration.request.header.X-Static", "'fixed value'"),
                               mapping("integration.request.header.Host", "'backend'"),
                               mapping("integration.request.header.X-Request", "context.requestId"),
                               mapping("integration.request.header.Accept", "method.request.querystring.a")}};
  net::ClientRequest request = mapped(integration, {"POST", "/x?a=1&a=2", {{"H", "v&w"}, {"Accept", "x"}}, ""});
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://example.com/a/b%20c/{other}?fixed=1&q=v%26w&a=1&a=2");
  EXPECT_EQ(header_of(request.headers, "X-Static"), "fixed value");
  EXPECT_EQ(header_of(request.headers, "Host"), "backend");
  EXPECT_EQ(header_of(request.headers, "X-Request"), "request-1");
  EXPECT_EQ(header_of(request.headers, "Accept"), "2");
}

TEST(HttpProxy, MappedTextCannotBreakTheRequestLine) {
  HttpIntegration integration{
      "GET", "http://example.com/{p}", {mapping("integration.request.path.p", "'a b\r\nX: y'")}};
  EXPECT_EQ(mapped(integration, {}).url, "http://example.com/a%20b%0D%0AX:%20y");
}

TEST(HttpProxy, WhatTheCallerSendsStaysInItsPlace) {
  const HttpIntegration integration{"GET",
                                    "http://example.com/a/{h}/{b}?q={proxy}&r={h}",
                                    {mapping("integration.request.path.h", "method.request.header.H"),
                                     mapping("integration.request.path.b", "method.request.querystring.b"),
                                     mapping("integration.request.path.proxy", "method.request.path.proxy")}};
  const auto url = [&](std::string header, std::string query) {
    return mapped(integration, {"GET", "/x" + query, {{"H", header}}, ""}).url;
  };
  EXPECT_EQ(url("x?admin=1#f", ""), "http://example.com/a/x%3Fadmin%3D1%23f/?q=a%2Fb%20c&r=x%3Fadmin%3D1%23f");
  EXPECT_EQ(url("x/y", ""), "http://example.com/a/x%2Fy/?q=a%2Fb%20c&r=x%2Fy");
  EXPECT_EQ(url("{b}", "?b=inner"), "http://example.com/a/%7Bb%7D/inner?q=a%2Fb%20c&r=%7Bb%7D&b=inner")
      << "what was inserted is not replaced again";
  for (const char* way_out : {"..", ".", "../../admin", "%2e%2e", "%2E.", "..%2fadmin", "..\\\\admin"})
    EXPECT_EQ(url(way_out, ""), "refused") << way_out;
  EXPECT_EQ(url("..x", "").substr(0, 25), "http://example.com/a/..x/");
}

TEST(HttpProxy, GreedyPathsCannotClimb) {
  const HttpIntegration integration{
      "GET", "http://example.com/a/{p}", {mapping("integration.request.path.p", "method.request.querystring.p")}};
  EXPECT_EQ(mapped(integration, {"GET", "/x?p=..", {}, ""}).url, "refused");
  const HttpIntegration own{"GET", "http://example.com/a/../b/{p}", {mapping("integration.request.path.p", "'c'")}};
  EXPECT_EQ(mapped(own, {"GET", "/x", {}, ""}).url, "http://example.com/a/../b/c")
      << "what the API's owner wrote stands";
}

TEST(HttpProxy, ResponseHeadersAreRemapped) {
  net::Response upstream{
      404,
      {{"date", "d"}, {"Server", "s"}, {"X-Own", "o"}, {"Transfer-Encoding", "chunked"}, {"x-amzn-requestid", "r"}},
      "gone"};
  net::Response response = proxied_response(upstream);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "gone");
  EXPECT_EQ(header_of(response.headers, "x-amzn-Remapped-Date"), "d");
  EXPECT_EQ(header_of(response.headers, "x-amzn-Remapped-Server"), "s");
  EXPECT_EQ(header_of(response.headers, "x-amzn-Remapped-x-amzn-RequestId"), "r");
  EXPECT_EQ(header_of(response.headers, "X-Own"), "o");
  EXPECT_EQ(header_of(response.headers, "Transfer-Encoding"), "(none)");
}

/// A backend that answers with what it got.
Task<net::Response> echo(const net::Request& request) {
  net::Response response;
  response.status = 201;
  response.headers = {{"X-Backend", "yes"}, {"Content-Type", "text/plain"}};
  response.body.append(request.method)
      .append(" ")
      .append(request.target)
      .append(" ")
      .append(request.header_or_empty("X-Var"));
  response.body.append(" ").append(request.body);
  co_return response;
}

class HttpBackend : public GatewayTest {
 protected:
  std::string new_proxy(const std::string& uri) {
    std::string api = new_api();
    std::string proxy = new_resource(api, root, "{proxy+}");
    json::object key{{"restApiId", api}, {"resourceId", proxy}, {"httpMethod", "ANY"}};
    json::object input = key;
    input["authorizationType"] = "NONE";
    input["requestParameters"] = {{"method.request.path.proxy", true}};
    call("PutMethod", input);
    input = key;
    input["type"] = "HTTP_PROXY";
    input["integrationHttpMethod"] = "ANY";
    input["uri"] = uri;
    input["requestParameters"] = {{"integration.request.path.proxy", "method.request.path.proxy"},
                                  {"integration.request.header.X-Var", "stageVariables.v"}};
    call("PutIntegration", input);
    call("CreateDeployment", {{"restApiId", api}, {"stageName", "prod"}, {"variables", {{"v", "from the stage"}}}});
    return api;
  }
};

TEST_F(HttpBackend, AnswersThroughTheGateway) {
  Loops loops(1);
  net::HttpServer server(loops, echo);
  std::uint16_t port = server.listen("127.0.0.1", 0);
  loops.start();
  std::string api = new_proxy("http://127.0.0.1:" + std::to_string(port) + "/base/{proxy}");
  net::Response response = send({"PUT", "/prod/a/b?x=1", {{"Host", api + ".execute-api.x.localhost"}}, "payload"});
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "PUT /base/a/b?x=1 from the stage payload");
  EXPECT_EQ(header_of(response.headers, "X-Backend"), "yes");
  EXPECT_EQ(header_of(response.headers, "x-amzn-RequestId"), "11111111-2222-4333-8444-555555555555");
  run_task(server.drain(std::chrono::milliseconds(100)));
  loops.stop();
  loops.join();
}

TEST_F(HttpBackend, ThatIsNotThereIsANetworkError) {
  std::uint16_t port = 0;
  {
    Loops loops(1);
    net::HttpServer server(loops, echo);
    port = server.listen("127.0.0.1", 0);
    loops.start();
    run_task(server.drain(std::chrono::milliseconds(0)));
  }
  std::string api = new_proxy("http://127.0.0.1:" + std::to_string(port) + "/{proxy}");
  net::Response response = get(api, "/prod/x");
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(response.body, R"({"message": "Network error communicating with endpoint"})");
}

}  // namespace
}  // namespace brume::gateway::testing
