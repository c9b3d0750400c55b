// Whatever a client sends, it gets an answer of the right shape.
#include "front/test_front.h"

namespace brume::front {
namespace {

const std::vector<TestRequest>& valid_requests() {
  static const std::vector<TestRequest> requests = [] {
    const net::Header host{"Host", "localhost"};
    const net::Header authorization{"Authorization",
                                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/dynamodb/aws4_request, "
                                    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=00"};
    const net::Header form{"Content-Type", "application/x-www-form-urlencoded"};
    return std::vector<TestRequest>{
        {"POST",
         "/",
         {host, authorization, {"X-Amz-Date", "20231114T221320Z"}, {"X-Amz-Target", "DynamoDB_20120810.CreateTable"}},
         R"({"TableName":"table","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
         R"("AttributeDefinitions":[{"AttributeName":"id",)"
         R"("AttributeType":"S"}],"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5},)"
         R"("Tags":[{"Key":"k","Value":"é"}]})"},
        {"POST",
         "/",
         {host, {"X-Amz-Target", "DynamoDB_20120810.Query"}},
         R"({"TableName":"t","ExclusiveStartKey":{"id":{"B":"AAEC"},"m":{"M":{"l":{"L":[{"NULL":true},)"
         R"({"N":"1.5"}]}}}},"Limit":3})"},
        {"POST",
         "/",
         {host, {"X-Amz-Target", "Logs_20140328.PutRetentionPolicy"}},
         R"({"logGroupName":"g","retentionInDays":7})"},
        {"POST",
         "/2015-03-31/functions/f/invocations?Qualifier=live",
         {host, {"X-Amz-Invocation-Type", "Event"}},
         R"({"a":1})"},
        {"PUT",
         "/2015-03-31/functions/f/configuration",
         {host},
         R"({"Environment":{"Variables":{"A":"b"}},"Timeout":3,)"
         R"("Layers":["arn:aws:lambda:us-east-1:123456789012:layer:x:1"]})"},
        {"GET", "/2015-03-31/functions?MaxItems=10&Marker=a%20b", {host}, ""},
        {"PATCH",
         "/restapis/abc/stages/prod",
         {host},
         R"({"patchOperations":[{"op":"replace","path":"/variables/a","value":"1"}]})"},
        {"POST",
         "/",
         {host, form},
         "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a&"
         "Tags.member.1.Value=b"},
        {"GET",
         "/?Action=GetCallerIdentity&Version=2011-06-15&"
         "X-Amz-Credential=A%2F20231114%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Signature=0",
         {host},
         ""},
    };
  }();
  return requests;
}

/// One to eight changes of bytes: flipped, inserted, removed, repeated; sometimes something nasty.
void mutate(std::string& text, Random& random) {
  static constexpr std::string_view nasty[] = {"\xff",
                                               std::string_view("\0", 1),
                                               "%",
                                               "%zz",
                                               "{",
                                               "[[[[[[[[",
                                               "null",
                                               "-1e999",
                                               "\"",
                                               "&",
                                               "=",
                                               "..",
                                               "\xed\xa0\x80",
                                               "99999999999999999999",
                                               "<",
                                               ".member.",
                                               "/",
                                               "\\u0000",
                                               "\\ud800"};
  for (std::uint64_t left = 1 + random.next() % 8; left > 0; --left) {
    const std::size_t at = text.empty() ? 0 : random.next() % text.size();
    switch (random.next() % 6) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random.next());
        break;
      case 1: text.insert(at, 1, static_cast<char>(random.next())); break;
      case 2: text.erase(at, random.next() % 9); break;
      case 3: text.insert(at, text.substr(random.next() % (text.size() + 1), random.next() % 40)); break;
      default: text.insert(at, nasty[random.next() % std::size(nasty)]);
    }
  }
}

bool is_header_text(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// `net` lets no control characters pass in a request line or header.
void without_controls(std::string& text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
}

TestRequest mutated(Random& random) {
  TestRequest request = valid_requests()[random.next() % valid_requests().size()];
  switch (random.next() % 4) {
    case 0:
      mutate(request.target, random);
      without_controls(request.target);
      break;
    case 1: {
      auto& header = request.headers[random.next() % request.headers.size()];
      mutate(header.second, random);
      without_controls(header.second);
      break;
    }
    default: mutate(request.body, random);
  }
  if (random.next() % 16 == 0) request.headers.emplace_back("Content-Encoding", "gzip");
  return request;
}

void expect_well_formed(const net::Response& response) {
  EXPECT_TRUE(response.status >= 200 && response.status < 600) << response.status;
  ASSERT_TRUE(response.header("x-amzn-requestid"));
  for (const auto& [name, value] : response.headers) EXPECT_TRUE(is_header_text(value)) << name;
  if (response.status < 400 && response.body.empty()) return;
  const std::string* type = response.header("content-type");
  ASSERT_TRUE(type);
  if (*type == "text/xml") {
    EXPECT_EQ(response.body.front(), '<');
    EXPECT_EQ(response.body.back(), '>');
    const bool whole = response.body.find("<RequestId>" + *response.header("x-amzn-requestid") + "</RequestId>") !=
                       std::string::npos;
    EXPECT_TRUE(whole) << response.body;
    if (response.status >= 400) {
      EXPECT_TRUE(response.body.starts_with("<ErrorResponse")) << response.body;
    }
    return;
  }
  boost::system::error_code error;
  const auto value = boost::json::parse(response.body, error);
  ASSERT_FALSE(error) << response.body;
  ASSERT_TRUE(value.is_object());
  if (response.status < 400) return;
  const bool named = value.get_object().contains("__type") || response.header("x-amzn-errortype");
  EXPECT_TRUE(named) << response.body;
}

void run_mutations(AuthMode mode, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  TestFront front(mode);
  // What a handler was given goes out again where it fits: texts of the client's in error messages.
  static constexpr ErrorKind kEcho{"ResourceNotFoundException", 404};
  front.answer = [](service::Call& call) -> service::Reply {
    if (call.operation->name == "Query" || call.operation->name == "CreateRole")
      throw AwsError(kEcho, "Not found: " + boost::json::serialize(call.input));
    service::Reply reply;
    if (call.operation->raw) reply.raw = "{}";
    return reply;
  };
  SeededRandom random(seed);
  std::size_t good = 0;
  for (int i = 0; i < 10'000; ++i) {
    const TestRequest request = mutated(random);
    const net::Response response = front.send(request);
    expect_well_formed(response);
    if (response.status < 300) ++good;
    const bool damaged = request.headers.back().first == "Content-Encoding";  // DynamoDB calls that an error of its own
    if (!damaged) {
      EXPECT_NE(response.status, 500) << request.method << " " << request.target << "\n"
                                      << request.body << "\n"
                                      << response.body;
    }
    if (testing::Test::HasFailure()) FAIL() << "request " << i << ": " << request.target << "\n" << request.body;
  }
  if (mode == AuthMode::open) {
    EXPECT_GT(good, 500u);  // the changes are small enough that some requests stay valid
  } else {
    EXPECT_EQ(good, 0u);
  }
}

TEST(Mutation, OfValidRequestsAreAnsweredInShape) { run_mutations(AuthMode::open, 20260131); }
TEST(Mutation, OfUnsignedRequestsNeverReachAHandler) { run_mutations(AuthMode::sigv4, 7); }

}  // namespace
}  // namespace brume::front
