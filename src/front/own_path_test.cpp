// Paths that are no service's: who may ask for them.
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "front/sigv4.h"
#include "front/test_front.h"

namespace brume::front {
namespace {

net::Response refusal_of(TestFront& f, const TestRequest& request) {
  const net::Request view = request.view();
  auto found = run_task(f.front.identify(view, "brume"));
  if (auto* refused = std::get_if<net::Response>(&found)) return std::move(*refused);
  f.caller = std::get<service::Caller>(found);
  return {};
}

/// GET /_brume/metrics at the clock's time, signed for `service` with `secret`.
TestRequest signed_request(std::string service, std::string_view secret = kTestSecret) {
  TestRequest request{"GET", "/_brume/metrics", {{"Host", "localhost"}, {"X-Amz-Date", "20231114T221320Z"}}, ""};
  SignatureFields fields;
  fields.access_key_id = kTestKey;
  fields.date = "20231114";
  fields.timestamp = "20231114T221320Z";
  fields.region = "us-east-1";
  fields.service = service;
  fields.signed_headers = {"host", "x-amz-date"};
  const std::string signature = signature_of(request.view(), fields, sha256_hex(""), secret);
  request.headers.emplace_back(
      "Authorization", "AWS4-HMAC-SHA256 Credential=" + std::string(kTestKey) + "/20231114/us-east-1/" + service +
                           "/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + signature);
  return request;
}

TEST(OwnPath, ASignatureTellsWhoAsks) {
  TestFront f(AuthMode::sigv4);
  EXPECT_EQ(refusal_of(f, signed_request("brume")).status, 200);
  EXPECT_EQ(f.caller.arn, "arn:aws:iam::111122223333:user/ann");
}

TEST(OwnPath, WithoutOneIts403AndCounted) {
  TestFront f(AuthMode::sigv4);
  for (const auto& [request, code] : {std::pair{TestRequest{"GET", "/_brume/metrics", {{"Host", "localhost"}}, ""},
                                                "MissingAuthenticationTokenException"},
                                      {signed_request("brume", "wrong"), "InvalidSignatureException"},
                                      {signed_request("dynamodb"), "InvalidSignatureException"}}) {
    const net::Response refused = refusal_of(f, request);
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(json_of(refused.body).at("__type").as_string().find(code), std::string::npos) << refused.body;
    EXPECT_EQ(f.recorder.counted.back(), " 403 " + std::string(code));
  }
}

TEST(OwnPath, WithoutAStoreNobodyIsLetIn) {
  TestFront f(AuthMode::sigv4);
  f.credentials.broken = true;
  EXPECT_EQ(refusal_of(f, signed_request("brume")).status, 500);
}

TEST(OwnPath, AnOpenServerAsksForNothingButAnOrigin) {
  TestFront f;
  EXPECT_EQ(refusal_of(f, {"GET", "/_brume/metrics", {{"Host", "localhost"}}, ""}).status, 200);
  EXPECT_EQ(f.caller.arn, "arn:aws:iam::000000000000:root");
  const TestRequest foreign{"POST", "/_brume/null", {{"Origin", "https://evil.example"}}, ""};
  const TestRequest own{"POST", "/_brume/null", {{"Origin", "http://localhost:3000"}}, ""};
  EXPECT_EQ(f.front.refuse_origin(foreign.view()).value().status, 403);
  EXPECT_FALSE(f.front.refuse_origin(own.view()));
}

}  // namespace
}  // namespace brume::front
