// What the front door does around an operation: dispatch, audit, counting, CORS, compression, the compatibility page.
#include "front/front.h"

#include <zlib.h>

#include <deque>

#include "front/compatibility.h"
#include "front/test_front.h"

namespace brume::front {
namespace {

constexpr ErrorKind kInUse{"ResourceInUseException", 400};

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr std::string_view kCreate = R"({"TableName":"abc"})";

TEST(Front, CountsEveryCall) {
  TestFront front;
  front.dynamodb("ListTables", "{}");
  front.dynamodb("DescribeTable", "{}");
  front.dynamodb("Nothing", "{}");
  EXPECT_EQ(front.recorder.counted,
            (std::vector<std::string>{"ListTables 200 ", "DescribeTable 400 ValidationException",
                                      " 400 UnknownOperationException"}));
}

TEST(Front, AuditsWhatManagesBeforeTheReply) {
  TestFront front;
  front.dynamodb("CreateTable", std::string(kCreate));
  front.dynamodb("ListTables", "{}");
  EXPECT_EQ(front.recorder.audited, std::vector<std::string>{"dynamodb.CreateTable 200 "});
  front.answer = [](service::Call&) -> service::Reply { throw AwsError(kInUse, "Table already exists: abc"); };
  front.dynamodb("CreateTable", std::string(kCreate));
  EXPECT_EQ(front.recorder.audited.back(), "dynamodb.CreateTable 400 ResourceInUseException");
}

TEST(Front, StrangersAreCountedAndLeaveNoAuditRecord) {
  TestFront front(AuthMode::sigv4);
  front.dynamodb("CreateTable", std::string(kCreate));
  EXPECT_EQ(front.recorder.counted, std::vector<std::string>{"CreateTable 400 MissingAuthenticationTokenException"});
  EXPECT_TRUE(front.recorder.audited.empty());
  EXPECT_TRUE(front.calls.empty());
}

TEST(Front, NoSuccessWithoutItsAuditRecord) {
  TestFront front;
  front.recorder.broken = true;
  EXPECT_EQ(front.dynamodb("CreateTable", std::string(kCreate)).status, 500);
  EXPECT_EQ(front.dynamodb("ListTables", "{}").status, 200);
}

TEST(Front, RequestIdsDiffer) {
  TestFront front;
  EXPECT_NE(*front.dynamodb("ListTables", "{}").header("x-amzn-requestid"),
            *front.dynamodb("ListTables", "{}").header("x-amzn-requestid"));
}

TEST(Front, PagesOfTheLoopbackMayCall) {
  TestFront front;
  for (const char* origin : {"http://localhost:3000", "https://127.0.0.1", "http://[::1]:80"}) {
    const auto preflight =
        front.rest("OPTIONS", "/", "", {{"Origin", origin}, {"Access-Control-Request-Headers", "x-amz-target"}});
    EXPECT_EQ(preflight.status, 200);
    EXPECT_EQ(*preflight.header("access-control-allow-origin"), origin);
    EXPECT_EQ(*preflight.header("access-control-allow-headers"), "x-amz-target");
    const auto response = front.send(
        {"POST", "/", {{"Host", "x"}, {"Origin", origin}, {"X-Amz-Target", "DynamoDB_20120810.ListTables"}}, "{}"});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(*response.header("access-control-allow-origin"), origin);
  }
  EXPECT_EQ(front.dynamodb("ListTables", "{}").header("access-control-allow-origin"), nullptr);
}

TEST(Front, PagesOfOtherOriginsCannotCall) {
  TestFront front;
  for (const char* origin : {"http://a", "null", "http://localhost.evil.com", "http://127.0.0.1:80@evil.com",
                             "http://localhost:", "ftp://localhost"}) {
    EXPECT_EQ(front.rest("OPTIONS", "/", "", {{"Origin", origin}}).status, 403) << origin;
    const auto response =
        front.send({"POST",
                    "/",
                    {{"Host", "x"}, {"Origin", origin}, {"X-Amz-Target", "DynamoDB_20120810.CreateTable"}},
                    std::string(kCreate)});
    EXPECT_EQ(response.status, 403) << origin;
    EXPECT_EQ(response.header("access-control-allow-origin"), nullptr);
  }
  EXPECT_TRUE(front.recorder.audited.empty());
}

TEST(Front, LinksOnPagesChangeNothing) {
  TestFront front;
  const std::string link =
      "/?Action=CreateUser&Version=2010-05-08&UserName=u&X-Amz-Algorithm=AWS4-HMAC-SHA256"
      "&X-Amz-Credential=test/20260101/us-east-1/iam/aws4_request";
  for (const char* method : {"GET", "HEAD"}) {
    const auto response = front.rest(method, link);
    EXPECT_EQ(response.status, 403);
    EXPECT_NE(response.body.find("MissingAuthenticationToken"), std::string::npos) << response.body;
  }
  EXPECT_TRUE(front.calls.empty());
  EXPECT_EQ(front.rest("GET", link, "", {{"Authorization", "AWS4-HMAC-SHA256 Credential=test"}}).status, 200);
  EXPECT_EQ(front.rest("GET", "/?Action=ListUsers&Version=2010-05-08").status, 200);
  EXPECT_EQ(front.calls, (std::vector<std::string>{"CreateUser", "ListUsers"}));
}

TEST(Front, InflatesCompressedBodies) {
  TestFront front;
  auto send = [&](const std::string& encoding, const std::string& body) {
    return front.send(
        {"POST",
         "/",
         {{"Host", "x"}, {"Content-Encoding", encoding}, {"X-Amz-Target", "DynamoDB_20120810.ListTables"}},
         body});
  };
  EXPECT_EQ(send("gzip", gzip(R"({"Limit":7})")).status, 200);
  EXPECT_EQ(front.input.at("Limit"), 7);
  EXPECT_EQ(send("identity", R"({"Limit":8})").status, 200);
  EXPECT_EQ(front.input.at("Limit"), 8);
  EXPECT_EQ(send("gzip", "not gzip").status, 500);
  EXPECT_EQ(send("br", R"({"Limit":9})").status, 500);
  const std::string whole = gzip(R"({"Limit":9})");
  EXPECT_EQ(send("gzip", whole.substr(0, whole.size() - 5)).status, 500);
  EXPECT_EQ(send("gzip", whole + "x").status, 500);
  EXPECT_EQ(front.input.at("Limit"), 8);
  EXPECT_EQ(front.send({"POST", "/2015-03-31/functions", {{"Host", "x"}, {"Content-Encoding", "gzip"}}, "{}"}).status,
            400);
  front.send({"POST",
              "/",
              {{"Host", "x"}, {"Content-Encoding", "gzip"}, {"Content-Type", "application/x-www-form-urlencoded"}},
              gzip("Action=ListRoles&Version=2010-05-08")});
  EXPECT_EQ(front.calls.back(), "ListRoles");
}

TEST(Front, StrangersBytesAreNotInflated) {
  TestFront front(AuthMode::sigv4);
  const auto response =
      front.send({"POST",
                  "/",
                  {{"Host", "x"}, {"Content-Encoding", "gzip"}, {"X-Amz-Target", "DynamoDB_20120810.ListTables"}},
                  "not gzip"});
  EXPECT_NE(response.body.find("MissingAuthenticationTokenException"), std::string::npos) << response.body;
}

TEST(Compatibility, TellsSupportedPartlyAndMissing) {
  std::deque<service::Service> services(1);
  services[0].model = &service::dynamodbstreams_model();
  services[0].operations.resize(2);
  services[0].operations[0].name = "GetRecords";
  services[0].operations[1].name = "ListStreams";
  services[0].operations[1].missing = "paging";
  const std::string page = compatibility_page(services);
  EXPECT_NE(page.find("2 of 4 operations."), std::string::npos) << page;
  EXPECT_NE(page.find("| GetRecords | yes | |"), std::string::npos);
  EXPECT_NE(page.find("| ListStreams | partly | not yet: paging |"), std::string::npos);
  EXPECT_NE(page.find("Not supported: DescribeStream, GetShardIterator."), std::string::npos);
}

}  // namespace
}  // namespace brume::front
