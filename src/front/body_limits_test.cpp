// How long bodies may be, by what the head says.
#include <gtest/gtest.h>

#include "front/compression.h"
#include "front/test_front.h"

namespace brume::front {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr const char* kSigned =
    "AWS4-HMAC-SHA256 Credential=K/20231114/us-east-1/lambda/aws4_request, SignedHeaders=host";

TestRequest json_call(std::string target) {
  return {"POST", "/", {{"X-Amz-Target", std::move(target)}, {"Authorization", "AWS4-HMAC-SHA256"}}, ""};
}
TestRequest lambda_call(std::string method, std::string path) {
  return {std::move(method), std::move(path), {{"Authorization", kSigned}}, ""};
}

TEST(BodyLimits, GoByTheOperation) {
  for (const auto mode : {AuthMode::open, AuthMode::sigv4}) {
    TestFront f(mode);
    const auto most = [&](const TestRequest& request) { return f.front.body_bytes_max(request.view()); };
    EXPECT_EQ(most(json_call("DynamoDB_20120810.BatchWriteItem")), 16 * kMiB);
    EXPECT_EQ(most(json_call("Logs_20140328.PutLogEvents")), 8 * kMiB);
    EXPECT_EQ(most(json_call("Nothing.AtAll")), 2 * kMiB);
    EXPECT_EQ(most(lambda_call("POST", "/2015-03-31/functions")), 80 * kMiB);
    EXPECT_EQ(most(lambda_call("PUT", "/2015-03-31/functions/f/code")), 80 * kMiB);
    EXPECT_EQ(most(lambda_call("POST", "/2015-03-31/functions/f/invocations")), 16 * kMiB);
    EXPECT_EQ(most(lambda_call("POST", "/2015-03-31/functions/f/policy")), 2 * kMiB);
    EXPECT_EQ(most({"POST",
                    "/",
                    {{"Content-Type", "application/x-www-form-urlencoded"}, {"Authorization", "AWS4-HMAC-SHA256"}},
                    ""}),
              2 * kMiB);
  }
}

TEST(BodyLimits, WithoutASignatureNoLongBodyIsTakenWhereSignaturesCount) {
  TestFront f(AuthMode::sigv4);
  TestRequest request = json_call("DynamoDB_20120810.PutItem");
  request.headers.pop_back();
  EXPECT_EQ(f.front.body_bytes_max(request.view()), 64 * 1024u);
  request.target = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00";
  EXPECT_EQ(f.front.body_bytes_max(request.view()), 16 * kMiB);
  EXPECT_EQ(TestFront().front.body_bytes_max(request.view()), 16 * kMiB);
}

TEST(BodyLimits, WhatInflatesBeyondTheLimitIsRefused) {
  TestFront f;
  const std::string long_name(3 * kMiB, 'x');
  TestRequest request{"POST",
                      "/2015-03-31/functions/f/policy",
                      {{"Authorization", kSigned}, {"Content-Encoding", "gzip"}},
                      compress(Coding::gzip, R"({"StatementId":")" + long_name + "\"}")};
  EXPECT_EQ(f.send(request).status, 413);
  EXPECT_TRUE(f.calls.empty());
}

std::string code_of(const net::Response& response) {
  const auto body = json_of(response.body).as_object();
  return boost::json::value_to<std::string>(body.at("__type"));
}

TEST(Refusal, SpeaksTheServicesProtocol) {
  TestFront f(AuthMode::sigv4);
  const auto refused = [&](int status, const TestRequest& request) {
    const net::Request head = request.view();
    return f.front.refusal(status, &head);
  };
  const TestRequest put = json_call("DynamoDB_20120810.PutItem");
  EXPECT_EQ(code_of(refused(413, put)), "com.amazon.coral.service#RequestEntityTooLargeException");
  EXPECT_EQ(code_of(refused(408, put)), "com.amazon.coral.service#RequestTimeoutException");
  const net::Response busy = refused(503, put);
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(code_of(busy), "com.amazon.coral.service#ServiceUnavailable");
  ASSERT_NE(busy.header("Retry-After"), nullptr);
  EXPECT_EQ(*busy.header("Retry-After"), "1");

  const net::Response invoke = refused(413, lambda_call("POST", "/2015-03-31/functions/f/invocations"));
  EXPECT_EQ(invoke.status, 413);
  EXPECT_EQ(*invoke.header("x-amzn-ErrorType"), "RequestEntityTooLargeException");

  const net::Response form = refused(
      503,
      {"POST",
       "/",
       {{"Content-Type", "application/x-www-form-urlencoded"},
        {"Authorization", "AWS4-HMAC-SHA256 Credential=K/20231114/us-east-1/iam/aws4_request, SignedHeaders=host"}},
       ""});
  EXPECT_EQ(form.status, 503);
  EXPECT_NE(form.body.find("<Code>ServiceUnavailable</Code>"), std::string::npos) << form.body;
}

TEST(Refusal, ALongBodyWithoutASignatureLacksThatFirst) {
  TestFront f(AuthMode::sigv4);
  TestRequest put = json_call("DynamoDB_20120810.PutItem");
  put.headers.pop_back();
  const net::Request head = put.view();
  const net::Response refused = f.front.refusal(413, &head);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(code_of(refused).find("MissingAuthenticationTokenException"), std::string::npos);
}

TEST(Refusal, NeedsNoHead) {
  TestFront f;
  const net::Response refused = f.front.refusal(431, nullptr);
  EXPECT_EQ(refused.status, 400);  // as AWS calls heads that are too long
  EXPECT_EQ(code_of(refused), "com.amazon.coral.service#SerializationException");
}

}  // namespace
}  // namespace brume::front
