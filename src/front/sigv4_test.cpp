// AWS Signature Version 4: AWS's published test suite, signatures made by botocore, and what must be refused.
#include "front/sigv4.h"

#include "front/test_front.h"

namespace brume::front {
namespace {

constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Vector {
  const char* name;
  TestRequest request;
  std::string signed_headers, signature;
};

SignatureFields fields_of(const Vector& vector) {
  SignatureFields fields{std::string(kTestKey), "20150830",         "us-east-1", "service", {},
                         vector.signature,      "20150830T123600Z", "",          false,     {}};
  for (std::size_t at = 0; at < vector.signed_headers.size();) {
    const auto end = std::min(vector.signed_headers.find(';', at), vector.signed_headers.size());
    fields.signed_headers.push_back(vector.signed_headers.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

std::vector<Vector> published() {
  const net::Header host{"Host", "example.amazonaws.com"}, date{"X-Amz-Date", "20150830T123600Z"};
  const std::string plain = "host;x-amz-date";
  return {
      {"get-vanilla",
       {"GET", "/", {host, date}, ""},
       plain,
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla",
       {"POST", "/", {host, date}, ""},
       plain,
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"get-vanilla-query-order-key-case",
       {"GET", "/?Param2=value2&Param1=value1", {host, date}, ""},
       plain,
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"post-vanilla-query",
       {"POST", "/?Param1=value1", {host, date}, ""},
       plain,
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"get-unreserved",
       {"GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", {host, date}, ""},
       plain,
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-header-value-trim",
       {"GET", "/", {host, {"My-Header1", " value1"}, {"My-Header2", "\"a   b   c\""}, date}, ""},
       "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"post-x-www-form-urlencoded",
       {"POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}, host, date}, "Param1=value1"},
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      {"normalize-path/get-relative-relative",
       {"GET", "/example1/example2/../..", {host, date}, ""},
       plain,
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"normalize-path/get-slashes",
       {"GET", "//example//", {host, date}, ""},
       plain,
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"encoded-path",
       {"GET", "/example%20space/", {host, date}, ""},
       plain,
       "446b817944c553435b35e813c261ff4e161fff982d1bacdef1c87f6785dd1662"},
  };
}

const WallTime kVectorTime = std::chrono::system_clock::from_time_t(1440938160);  // 2015-08-30T12:36:00Z

TEST(SigV4, PublishedVectors) {
  for (const Vector& vector : published()) {
    const auto problem = verify_signature(vector.request.view(), fields_of(vector), kTestSecret, kVectorTime);
    EXPECT_FALSE(problem) << vector.name << ": " << problem->message;
  }
}

TEST(SigV4, CanonicalRequestOfGetVanilla) {
  const Vector vector = published()[0];
  EXPECT_EQ(canonical_request(vector.request.view(), fields_of(vector), kEmptyHash),
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" +
                std::string(kEmptyHash));
}

TEST(SigV4, AnyChangeIsRefused) {
  for (const Vector& vector : published()) {
    auto refused = [&](TestRequest request, SignatureFields fields, std::string_view secret) {
      return verify_signature(request.view(), fields, secret, kVectorTime).has_value();
    };
    TestRequest changed = vector.request;
    changed.body += "x";
    EXPECT_TRUE(refused(changed, fields_of(vector), kTestSecret)) << vector.name;
    changed = vector.request;
    changed.target += vector.request.target.find('?') == std::string::npos ? "?a=b" : "&a=b";
    EXPECT_TRUE(refused(changed, fields_of(vector), kTestSecret)) << vector.name;
    changed = vector.request;
    changed.method = "PUT";
    EXPECT_TRUE(refused(changed, fields_of(vector), kTestSecret)) << vector.name;
    changed = vector.request;
    for (auto& [name, value] : changed.headers)
      if (name == "Host") value = "other.amazonaws.com";
    EXPECT_TRUE(refused(changed, fields_of(vector), kTestSecret)) << vector.name;
    SignatureFields fields = fields_of(vector);
    fields.region = "eu-west-1";
    EXPECT_TRUE(refused(vector.request, fields, kTestSecret)) << vector.name;
    fields = fields_of(vector);
    fields.signature[0] = fields.signature[0] == '0' ? '1' : '0';
    EXPECT_TRUE(refused(vector.request, fields, kTestSecret)) << vector.name;
    EXPECT_TRUE(refused(vector.request, fields_of(vector), "another secret")) << vector.name;
  }
}

TEST(SigV4, AClaimedHashMustBeTheBodysAndSigned) {
  const Vector vector = published()[1];
  const auto refused = [&](std::string claimed, std::string body) {
    TestRequest request = vector.request;
    request.headers.emplace_back("X-Amz-Content-Sha256", std::move(claimed));
    request.body = std::move(body);
    return verify_signature(request.view(), fields_of(vector), kTestSecret, kVectorTime).has_value();
  };
  EXPECT_FALSE(refused(std::string(kEmptyHash), ""));
  EXPECT_TRUE(refused(std::string(kEmptyHash), "another body"));
  EXPECT_TRUE(refused("UNSIGNED-PAYLOAD", ""));
  EXPECT_TRUE(refused("", ""));
}

// Signed by botocore 1.44.5 for 2023-11-14T22:13:20Z, the time of TestFront's clock.
TestRequest signed_dynamodb() {
  return {"POST",
          "/",
          {{"Host", "dynamodb.eu-west-1.amazonaws.com"},
           {"X-Amz-Target", "DynamoDB_20120810.ListTables"},
           {"Content-Type", "application/x-amz-json-1.0"},
           {"X-Amz-Date", "20231114T221320Z"},
           {"Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-west-1/dynamodb/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
            "Signature=1725fb1e60b2c67504af96526120df7f2609fb695bf7ec030494957f66ec025d"}},
          R"({"Limit":5})"};
}
TestRequest signed_lambda() {
  return {"GET",
          "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Ahello?Qualifier=%24LATEST",
          {{"Host", "lambda.us-east-1.amazonaws.com"},
           {"X-Amz-Date", "20231114T221320Z"},
           {"Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/lambda/aws4_request, SignedHeaders=host;"
            "x-amz-date, "
            "Signature=fb4d2a5369d21115e9d649c0e2cb7eb15fdd44b06b02337fd36e43dba1c0a658"}},
          ""};
}
TestRequest signed_iam() {
  return {"POST",
          "/",
          {{"Host", "iam.amazonaws.com"},
           {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
           {"X-Amz-Date", "20231114T221320Z"},
           {"X-Amz-Security-Token", "TOKEN/with+signs="},
           {"Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
            "Signature=6e8a914f8e7dd49e5a045d1dfc3a8fd773a1895ad6614a2076db296473ef55f7"}},
          "Action=ListRoles&Version=2010-05-08&PathPrefix=%2F"};
}
TestRequest signed_apigateway() {
  return {"GET",
          "/restapis?limit=25&position=a%20b%2Bc",
          {{"Host", "apigateway.us-east-1.amazonaws.com"},
           {"Accept", "application/json"},
           {"X-Amz-Date", "20231114T221320Z"},
           {"Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/apigateway/aws4_request, "
            "SignedHeaders=accept;host;x-amz-date, "
            "Signature=a374c051725dcb9c876a178b56f559670377b75204d260b4fea52dd9a871e9ba"}},
          ""};
}
TestRequest presigned_sts(bool token = false) {
  const std::string start =
      "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"
      "&X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Fus-east-1%2Fsts%2Faws4_request&"
      "X-Amz-Date=20231114T221320Z"
      "&X-Amz-Expires=900&X-Amz-SignedHeaders=host";
  return {"GET",
          token ? start +
                      "&X-Amz-Security-Token=TOKEN%2Fwith%2Bsigns%3D"
                      "&X-Amz-Signature=2deb24db303a777912f7e54db83338eb40a82d0bf85cee3619125ec2d50ff17a"
                : start + "&X-Amz-Signature=19d7da7f50c58a16fb7325e5857586c367c3c1f86b6bd6fba945756f1462d80e",
          {{"Host", "sts.amazonaws.com"}},
          ""};
}

struct Verifying : TestFront {
  Verifying() : TestFront(AuthMode::sigv4) {}
  void use_token() { credentials.keys[std::string(kTestKey)].session_token = "TOKEN/with+signs="; }
};

TEST(SignedRequest, BotocoresSignaturesHold) {
  Verifying front;
  EXPECT_EQ(front.send(signed_dynamodb()).status, 200);
  EXPECT_EQ(front.region, "eu-west-1");
  EXPECT_EQ(front.caller.account, "111122223333");
  EXPECT_EQ(front.caller.arn, "arn:aws:iam::111122223333:user/ann");
  EXPECT_EQ(front.caller.access_key_id, kTestKey);
  EXPECT_EQ(front.send(signed_lambda()).status, 200);
  EXPECT_EQ(front.send(signed_apigateway()).status, 200);
  EXPECT_EQ(front.input.at("position"), "a b+c");
  EXPECT_EQ(front.send(presigned_sts()).status, 200);
  front.use_token();
  EXPECT_EQ(front.send(signed_iam()).status, 200);
  EXPECT_EQ(front.send(presigned_sts(true)).status, 200);
}

TEST(SignedRequest, ReplayedWithAnotherBodyIsRefused) {
  Verifying front;
  TestRequest request = signed_dynamodb();
  request.body = R"({"Limit":6})";
  const auto response = front.send(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"__type":"com.amazon.coral.service#InvalidSignatureException","message":"The request signature we )"
            R"(calculated does )"
            R"(not match the signature you provided. Check your AWS Secret Access Key and signing )"
            R"(method. Consult the service )"
            R"(documentation for details."})");
  EXPECT_TRUE(front.calls.empty());
}

TEST(SignedRequest, ReplayedForAnotherOperationIsRefused) {
  Verifying front;
  TestRequest request = signed_dynamodb();
  request.headers[1].second = "DynamoDB_20120810.DeleteTable";
  EXPECT_EQ(front.send(request).status, 400);
  request = signed_apigateway();
  request.target = "/restapis?limit=25&position=other";
  EXPECT_EQ(front.send(request).status, 403);
  EXPECT_TRUE(front.calls.empty());
}

/// A call of DynamoDB whose signature holds, made for `service`.
TestRequest dynamodb_call_signed_for(const std::string& service) {
  TestRequest request{
      "POST",
      "/",
      {{"Host", "localhost"}, {"X-Amz-Date", "20231114T221320Z"}, {"X-Amz-Target", "DynamoDB_20120810.ListTables"}},
      ""};
  const SignatureFields fields{
      std::string(kTestKey), "20231114", "us-east-1", service, {"host", "x-amz-date", "x-amz-target"}, "",
      "20231114T221320Z",    "",         false,       {}};
  request.headers.emplace_back("Authorization",
                               "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/" + service +
                                   "/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=" +
                                   signature_of(request.view(), fields, kEmptyHash, kTestSecret));
  return request;
}

TEST(SignedRequest, ForAnotherServiceIsRefused) {
  Verifying front;
  EXPECT_EQ(front.send(dynamodb_call_signed_for("dynamodb")).status, 200);
  front.calls.clear();
  const auto response = front.send(dynamodb_call_signed_for("lambda"));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("Credential should be scoped to correct service: 'dynamodb'"), std::string::npos)
      << response.body;
  EXPECT_TRUE(front.calls.empty());
}

TEST(SignedRequest, AmzHeadersMustBeSigned) {
  Verifying front;
  TestRequest request = signed_lambda();
  request.headers.emplace_back("X-Amz-Invocation-Type", "Event");
  EXPECT_EQ(front.send(request).status, 403);
  EXPECT_TRUE(front.calls.empty());
}

TEST(SignedRequest, ExpiresAfterFiveMinutes) {
  Verifying front;
  front.clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(front.send(signed_dynamodb()).status, 200);
  front.clock.advance(std::chrono::seconds(1));
  const auto response = front.send(signed_dynamodb());
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("Signature expired: 20231114T221320Z is now earlier than 20231114T221321Z "
                               "(20231114T221821Z - 5 min.)"),
            std::string::npos)
      << response.body;
}

TEST(SignedRequest, FromTheFutureIsNotYetCurrent) {
  Verifying front;
  front.clock.advance(-std::chrono::minutes(6));
  EXPECT_NE(front.send(signed_dynamodb())
                .body.find("Signature not yet current: 20231114T221320Z is still later "
                           "than 20231114T221220Z"),
            std::string::npos);
}

TEST(SignedRequest, PresignedLastsAsLongAsItSays) {
  Verifying front;
  front.clock.advance(std::chrono::seconds(900));
  EXPECT_EQ(front.send(presigned_sts()).status, 200);
  front.clock.advance(std::chrono::seconds(1));
  const auto response = front.send(presigned_sts());
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(response.body.find("<Code>SignatureDoesNotMatch</Code><Message>Signature expired: "), std::string::npos);
}

TEST(SignedRequest, PresignedLifetimeCannotBeStretched) {
  Verifying front;
  TestRequest request = presigned_sts();
  request.target.replace(request.target.find("Expires=900"), 11, "Expires=9000");
  EXPECT_EQ(front.send(request).status, 403);
  request = presigned_sts();
  request.target.replace(request.target.find("Expires=900"), 11, "Expires=604801");
  EXPECT_NE(front.send(request).body.find("<Code>IncompleteSignature</Code>"), std::string::npos);
}

TEST(SignedRequest, UnknownInactiveAndExpiredKeys) {
  Verifying front;
  front.credentials.keys[std::string(kTestKey)].active = false;
  EXPECT_NE(front.send(signed_dynamodb())
                .body.find("#UnrecognizedClientException\",\"message\":\"The security "
                           "token included in the request is invalid.\""),
            std::string::npos);
  EXPECT_NE(front.send(presigned_sts()).body.find("<Code>InvalidClientTokenId</Code>"), std::string::npos);
  front.credentials.keys[std::string(kTestKey)].active = true;
  front.credentials.keys[std::string(kTestKey)].expires = front.clock.now();
  EXPECT_NE(front.send(signed_dynamodb()).body.find("#ExpiredTokenException"), std::string::npos);
  EXPECT_NE(front.send(presigned_sts()).body.find("<Code>ExpiredToken</Code>"), std::string::npos);
  front.credentials.keys.clear();
  EXPECT_EQ(front.send(signed_dynamodb()).status, 400);
  EXPECT_EQ(front.send(signed_lambda()).status, 403);
  EXPECT_TRUE(front.calls.empty());
}

TEST(SignedRequest, TemporaryKeysNeedTheirToken) {
  Verifying front;
  front.use_token();
  EXPECT_NE(front.send(signed_dynamodb()).status, 200);  // signed without it
  TestRequest request = signed_iam();
  request.headers[3].second = "ANOTHER";
  EXPECT_EQ(front.send(request).status, 403);
  front.credentials.keys[std::string(kTestKey)].session_token.clear();
  EXPECT_EQ(front.send(signed_iam()).status, 403);  // a token for a key that has none
}

TEST(SignedRequest, MissingAndIncompleteSignatures) {
  Verifying front;
  EXPECT_EQ(front.dynamodb("ListTables", "{}").body,
            R"({"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is )"
            R"(missing Authentication Token"})");
  EXPECT_EQ(front.form("Action=ListRoles&Version=2010-05-08").status, 403);
  EXPECT_EQ(*front.rest("GET", "/restapis").header("x-amzn-ErrorType"), "MissingAuthenticationTokenException");
  for (const char* header : {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request", "Bearer x", "",
                             "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x"}) {
    TestRequest request = signed_dynamodb();
    request.headers.back().second = header;
    EXPECT_EQ(json_of(front.send(request).body).at("__type"), "com.amazon.coral.service#IncompleteSignatureException")
        << header;
  }
  EXPECT_TRUE(front.calls.empty());
}

TEST(SignedRequest, SomeOperationsNeedNoCredentials) {
  Verifying front;
  const auto response = front.form(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r"
      "&RoleSessionName=session&WebIdentityToken=token");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(front.caller.access_key_id, "");
}

TEST(SignedRequest, ABrokenCredentialStoreIsAnInternalError) {
  Verifying front;
  front.credentials.broken = true;
  EXPECT_EQ(front.send(signed_dynamodb()).status, 500);
  EXPECT_TRUE(front.calls.empty());
}

TEST(OpenMode, TakesTheCredentialAtItsWord) {
  TestFront front;
  front.send(signed_dynamodb());
  EXPECT_EQ(front.caller.account, "000000000000");
  EXPECT_EQ(front.region, "eu-west-1");
  TestRequest request = signed_dynamodb();
  auto& header = request.headers.back().second;
  header.replace(header.find("AKIDEXAMPLE"), 11, "123456789012");
  front.send(request);
  EXPECT_EQ(front.caller.account, "123456789012");
  front.dynamodb("ListTables", "{}");
  EXPECT_EQ(front.region, "us-east-1");
  EXPECT_EQ(front.caller.account, "000000000000");
  EXPECT_EQ(front.send(presigned_sts()).status, 200);
  EXPECT_EQ(front.caller.access_key_id, kTestKey);
}

}  // namespace
}  // namespace brume::front
