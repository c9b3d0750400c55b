// The small pure parts of the pipeline: addresses, mappings, templates, URIs, media types, JSON text.
#include <gtest/gtest.h>

#include "gateway/pipeline/binary_media.h"
#include "gateway/pipeline/integration_uri.h"
#include "base/json_text.h"
#include "gateway/pipeline/mapping.h"
#include "gateway/pipeline/plain_template.h"
#include "gateway/testing/gateway_fixture.h"

namespace brume::gateway {
namespace {

std::string addressed(std::string host, std::string target) {
  testing::TestRequest request{"GET", std::move(target), {{"Host", std::move(host)}}, ""};
  auto address = address_of(request.view());
  return address ? address->api + " " + address->stage + " " + address->path + " " + address->domain : "none";
}

TEST(ApiAddress, IsInTheHostOrThePath) {
  EXPECT_EQ(addressed("abc123.execute-api.eu-west-1.localhost:4566", "/prod/pets/1?x=y"),
            "abc123 prod /pets/1 abc123.execute-api.eu-west-1.localhost");
  EXPECT_EQ(addressed("ABC123.Execute-Api.us-east-1.amazonaws.com", "/prod"),
            "abc123 prod  abc123.execute-api.us-east-1.amazonaws.com");
  EXPECT_EQ(addressed("abc123.execute-api.localhost.localstack.cloud", "//prod//x/"),
            "abc123 prod //x/ abc123.execute-api.localhost.localstack.cloud");
  EXPECT_EQ(addressed("abc123.execute-api.eu-west-1.localhost", "/"),
            "abc123   abc123.execute-api.eu-west-1.localhost");
  EXPECT_EQ(addressed("localhost:4566", "/_aws/execute-api/abc123/prod/pets"), "abc123 prod /pets ");
  EXPECT_EQ(addressed("localhost:4566", "/restapis/abc123/prod/_user_request_/pets/"), "abc123 prod /pets/ ");
  EXPECT_EQ(addressed("localhost", "/restapis/abc123/stages/prod"), "none");
  EXPECT_EQ(addressed("localhost", "/restapis/abc123"), "none");
  EXPECT_EQ(addressed("execute-api.eu-west-1.localhost", "/x"), "none");
  EXPECT_EQ(addressed("", "/"), "none");
}

TEST(PlainTemplate, KnowsVelocityWhenItSeesIt) {
  for (std::string_view text : {"$input.body", "${x}", "$!x", "$!{x}", "a #set($x = 1)", "#if(true)x#end", "## comment",
                                "#* x *#", "#[[x]]#", "#{if}(true)", "#@macro()"})
    EXPECT_TRUE(uses_vtl(text)) << text;
  for (std::string_view text : {"", "{\"statusCode\": 200}", "$5 and $", "#fff", "#", "#anchor", "100%"})
    EXPECT_FALSE(uses_vtl(text)) << text;
}

TEST(PlainTemplate, MockStatusCodeIsReadGenerously) {
  EXPECT_EQ(mock_status_code(R"({"statusCode": 200})"), 200);
  EXPECT_EQ(mock_status_code("{statusCode: 204}"), 204);
  EXPECT_EQ(mock_status_code("{ 'statusCode' : 201, x: [1,{a:2}], \"y\": \"}\" }\n"), 201);
  EXPECT_EQ(mock_status_code(R"({"a":{"statusCode":500},"statusCode":404})"), 404);
  for (std::string_view text :
       {"", "{}", "200", R"({"statusCode":"200"})", R"({"statusCode":200)", R"({"statusCode":2x})",
        R"({"statusCode":})", "{statusCode}", R"({"a":1})", R"({"statusCode":200} x)"})
    EXPECT_EQ(mock_status_code(text), std::nullopt) << text;
}

TEST(Mapping, ExpressionsAreParsed) {
  using Kind = ParameterSource::Kind;
  EXPECT_EQ(parse_parameter_target("integration.request.path.id")->name, "id");
  EXPECT_EQ(parse_parameter_target("integration.request.header.X-A")->place, ParameterPlace::header);
  EXPECT_FALSE(parse_parameter_target("integration.request.path."));
  EXPECT_FALSE(parse_parameter_target("method.request.path.id"));
  EXPECT_EQ(parse_parameter_source("'static'")->name, "static");
  EXPECT_EQ(parse_parameter_source("''")->kind, Kind::constant);
  EXPECT_EQ(parse_parameter_source("method.request.querystring.a.b")->name, "a.b");
  EXPECT_EQ(parse_parameter_source("method.request.multivalueheader.h")->kind, Kind::multi_header);
  EXPECT_EQ(parse_parameter_source("stageVariables.v")->kind, Kind::stage_variable);
  EXPECT_EQ(parse_parameter_source("context.identity.sourceIp")->name, "identity.sourceIp");
  for (std::string_view expression : {"true", "", "'", "context.nothing", "method.request.path."})
    EXPECT_FALSE(parse_parameter_source(expression)) << expression;
}

TEST(Mapping, StageVariablesAreReplaced) {
  auto variable = [](std::string_view name) { return name == "a" ? std::string("1") : std::string(); };
  EXPECT_EQ(with_stage_variables("x${stageVariables.a}y${stageVariables.b}z${stageVariables.a", variable),
            "x1yz${stageVariables.a");
  EXPECT_EQ(with_stage_variables("${stageVariables.a}${stageVariables.a}", variable), "11");
}

TEST(IntegrationUri, NamesFunctionAndQualifier) {
  std::string prefix = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/";
  auto target = parse_lambda_uri(prefix + "arn:aws:lambda:us-east-1:123456789012:function:f/invocations");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->function_arn, "arn:aws:lambda:us-east-1:123456789012:function:f");
  EXPECT_EQ(target->qualifier, "");
  EXPECT_EQ(parse_lambda_uri(prefix + "arn:aws:lambda:us-east-1:123456789012:function:f:live/invocations")->qualifier,
            "live");
  EXPECT_EQ(
      parse_lambda_uri(prefix + "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST/invocations")->qualifier, "");
  EXPECT_FALSE(parse_lambda_uri(prefix + "/invocations"));
  EXPECT_FALSE(parse_lambda_uri(prefix + "arn:aws:lambda:us-east-1:123456789012:function:/invocations"));
  EXPECT_FALSE(parse_lambda_uri("arn:aws:apigateway"));
}

TEST(BinaryMediaTypes, FirstMediaTypeDecides) {
  BinaryMediaTypes some({"image/png", "application/*"});
  EXPECT_TRUE(some.match("image/png"));
  EXPECT_TRUE(some.match("IMAGE/PNG; q=1, text/html"));
  EXPECT_TRUE(some.match("application/pdf"));
  EXPECT_FALSE(some.match("text/html, image/png"));
  EXPECT_FALSE(some.match("*/*"));
  EXPECT_FALSE(some.match(""));
  EXPECT_TRUE(BinaryMediaTypes({"*/*"}).match(""));
  EXPECT_FALSE(BinaryMediaTypes().match("image/png"));
}

TEST(JsonText, EscapesAndRepairs) {
  auto text = [](std::string_view bytes) {
    std::string out;
    append_json_string(out, bytes);
    return out;
  };
  EXPECT_EQ(text("a\"b\\c\n\t\x01"), "\"a\\\"b\\\\c\\n\\t\\u0001\"");
  EXPECT_EQ(text("grün€😀"), "\"grün€😀\"");
  EXPECT_EQ(text("x\xFFy\xC3"), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
  EXPECT_EQ(text("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(text(""), "\"\"");
}

}  // namespace
}  // namespace brume::gateway
