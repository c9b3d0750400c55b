#include "gateway/pipeline/proxy_response.h"

#include <gtest/gtest.h>

namespace brume::gateway {
namespace {

/// "STATUS name:value … |body", with " b64", or "malformed".
std::string parsed(std::string_view payload) {
  auto response = parse_proxy_response(payload);
  if (!response) return "malformed";
  std::string out = std::to_string(response->status);
  for (const auto& [name, value] : response->headers) out.append(" ").append(name).append(":").append(value);
  out.append("|").append(response->body);
  return response->base64 ? out + " b64" : out;
}

TEST(ProxyResponse, TakesWhatAwsTakes) {
  EXPECT_EQ(parsed(R"({"statusCode":200})"), "200|");
  EXPECT_EQ(parsed(R"({"statusCode":"201","body":"x"})"), "201|x");
  EXPECT_EQ(parsed(R"({"statusCode":204.0})"), "204|");
  EXPECT_EQ(parsed(R"({"headers":{"test-header":"value","b":true,"n":3}})"), "200 test-header:value b:true n:3|");
  EXPECT_EQ(parsed(R"({"statusCode":200,"headers":null,"multiValueHeaders":null,"body":null,"isBase64Encoded":null})"),
            "200|");
  EXPECT_EQ(parsed(R"({"body":"aGk=","isBase64Encoded":true})"), "200|aGk= b64");
  EXPECT_EQ(parsed(R"({})"), "200|");
}

TEST(ProxyResponse, MultiValueHeadersComeFirst) {
  EXPECT_EQ(parsed(R"({"headers":{"a":"solo"},"multiValueHeaders":{"a":["1","2"],"b":[]}})"), "200 a:1 a:2 a:solo|");
}

TEST(ProxyResponse, RefusesWhatAwsRefuses) {
  for (std::string_view payload : {"",
                                   "null",
                                   "\"justAString\"",
                                   "[]",
                                   "3",
                                   "{",
                                   R"({"statusCode":200,"wrongValue":"value"})",
                                   R"({"statusCode":"test"})",
                                   R"({"statusCode":200.5})",
                                   R"({"statusCode":99})",
                                   R"({"statusCode":600})",
                                   R"({"statusCode":100})",
                                   R"({"statusCode":99999999999999999999})",
                                   R"({"multiValueHeaders":{"a":"value1"}})",
                                   R"({"headers":[]})",
                                   R"({"headers":{"a":{}}})",
                                   R"({"body":{}})",
                                   R"({"body":3})",
                                   R"({"isBase64Encoded":"yes"})",
                                   R"({"multiValueHeaders":{"a":[{}]}})"})
    EXPECT_EQ(parsed(payload), "malformed") << payload;
}

TEST(ProxyResponse, HeadersCannotSmuggleLines) {
  EXPECT_EQ(parsed(R"({"headers":{"a":"x\r\nSet-Cookie: y"}})"), "malformed");
  EXPECT_EQ(parsed(R"({"headers":{"a b":"x"}})"), "malformed");
  EXPECT_EQ(parsed(R"({"headers":{"":"x"}})"), "malformed");
}

TEST(ProxyResponse, DepthIsBounded) {
  std::string deep(100'000, '[');
  EXPECT_EQ(parsed(deep), "malformed");
  EXPECT_EQ(parsed("{\"body\":" + deep + std::string(100'000, ']') + "}"), "malformed");
}

TEST(ProxyResponse, LargeBodiesPass) {
  std::string body(3'000'000, 'x');
  auto response = parse_proxy_response("{\"body\":\"" + body + "\"}");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, body);
  EXPECT_EQ(parsed(R"({"statusCode":200})"), "200|");
}

}  // namespace
}  // namespace brume::gateway
