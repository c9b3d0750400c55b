#include "net/http1/response_parser.h"

#include <gtest/gtest.h>

#include "net/http1/reply_writer.h"

namespace brume::net {
namespace {

using Status = ResponseParser::Status;

struct Parsed {
  explicit Parsed(bool head_request = false, std::size_t body_max = 1000) : parser(head_request, body_max) {}
  ByteBuffer buffer;
  ResponseParser parser;
  Status feed(std::string_view bytes) {
    buffer.append(bytes);
    return parser.parse(buffer);
  }
};

TEST(ResponseParser, TakesBytesOneByOne) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n";
  Parsed p;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    ASSERT_EQ(p.feed(bytes.substr(i, 1)), i + 1 == bytes.size() ? Status::complete : Status::need_more) << i;
  EXPECT_EQ(p.parser.response().status, 201);
  EXPECT_EQ(p.parser.response().body, "abcde");
  ASSERT_NE(p.parser.response().header("a"), nullptr);
  EXPECT_EQ(*p.parser.response().header("a"), "b");
  EXPECT_TRUE(p.parser.keep_alive());
}

TEST(ResponseParser, SizedBodyLeavesWhatFollows) {
  Parsed p;
  EXPECT_EQ(p.feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP"), Status::complete);
  EXPECT_EQ(p.parser.response().body, "abc");
  EXPECT_EQ(p.buffer.bytes(), "HTTP");
}

TEST(ResponseParser, BodyUntilCloseEndsWithTheStream) {
  Parsed p;
  EXPECT_EQ(p.feed("HTTP/1.0 200 OK\r\n\r\nabc"), Status::need_more);
  EXPECT_EQ(p.feed("def"), Status::need_more);
  EXPECT_EQ(p.parser.finish(), Status::complete);
  EXPECT_EQ(p.parser.response().body, "abcdef");
  EXPECT_FALSE(p.parser.keep_alive());
}

TEST(ResponseParser, CutOffBodiesAreMalformed) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
                           "HTTP/1.1 200 OK\r\nA:", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    Parsed p;
    EXPECT_EQ(p.feed(head), Status::need_more);
    EXPECT_EQ(p.parser.finish(), Status::malformed) << head;
  }
}

TEST(ResponseParser, BodilessWhateverTheHeadersSay) {
  Parsed head(true);
  EXPECT_EQ(head.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Status::complete);
  EXPECT_TRUE(head.parser.keep_alive());
  Parsed none;
  EXPECT_EQ(none.feed("HTTP/1.1 204 No Content\r\n\r\n"), Status::complete);
  Parsed unchanged;
  EXPECT_EQ(unchanged.feed("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), Status::complete);
}

TEST(ResponseParser, RefusesWhatIsNotHttp) {
  for (const char* bad : {"SMTP ready\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"}) {
    Parsed p;
    EXPECT_EQ(p.feed(bad), Status::malformed) << bad;
  }
}

TEST(ResponseParser, BoundsTheBody) {
  Parsed sized;
  EXPECT_EQ(sized.feed("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), Status::too_large);
  Parsed chunked;
  EXPECT_EQ(chunked.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"), Status::too_large);
  Parsed open;
  EXPECT_EQ(open.feed("HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x')), Status::need_more);
  EXPECT_EQ(open.feed("x"), Status::too_large);
  Parsed head;
  EXPECT_EQ(head.feed("HTTP/1.1 200 OK\r\nX: " + std::string(256 * 1024, 'x')), Status::too_large);
}

std::string written(const Response& response, ReplyForm form = {}) {
  ByteBuffer out;
  form.date = "D";
  const std::string_view rest = append_reply(out, response, form);
  return std::string(out.bytes()) + std::string(rest);
}

TEST(ReplyWriter, AddsFramingAndDate) {
  Response response{201, {{"A", "b"}}, "body"};
  EXPECT_EQ(written(response),
            "HTTP/1.1 201 Created\r\nA: b\r\nContent-Length: 4\r\nDate: D\r\nConnection: keep-alive\r\n\r\nbody");
  EXPECT_EQ(written(response, {.head_request = true, .keep_alive = false}),
            "HTTP/1.1 201 Created\r\nA: b\r\nContent-Length: 4\r\nDate: D\r\nConnection: close\r\n\r\n");
}

TEST(ReplyWriter, DropsFramingOfTheHandler) {
  Response response{200, {{"content-length", "9"}, {"Transfer-Encoding", "chunked"}, {"connection", "upgrade"}}, "b"};
  EXPECT_EQ(written(response), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nDate: D\r\nConnection: keep-alive\r\n\r\nb");
}

TEST(ReplyWriter, KeepsTheSizeThatAHeadHandlerKnows) {
  Response response{200, {{"Content-Length", "9"}}, ""};
  EXPECT_EQ(written(response, {.head_request = true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nDate: D\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ReplyWriter, HeadersCanNotBreakOutOfTheirLine) {
  Response response{200, {{"A", "b\r\nSet-Cookie: c"}, {"", "x"}}, ""};
  EXPECT_EQ(written(response),
            "HTTP/1.1 200 OK\r\nA: b  Set-Cookie: c\r\nContent-Length: 0\r\nDate: D\r\n"
            "Connection: keep-alive\r\n\r\n");
}

TEST(ReplyWriter, NoBodyWhereNoneMayBe) {
  for (int status : {204, 304}) {
    const std::string bytes = written(Response{status, {{"Content-Length", "3"}}, "abc"});
    EXPECT_EQ(bytes.find("Content-Length"), std::string::npos) << bytes;
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n")) << bytes;
  }
}

TEST(DateText, IsImfFixdate) {
  DateText date;
  date.refresh(std::chrono::system_clock::time_point(std::chrono::seconds(784111777)));
  EXPECT_EQ(date.text(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace brume::net
