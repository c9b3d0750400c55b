#include "net/http1/request_parser.h"

#include <gtest/gtest.h>

#include "net/message/url.h"

namespace brume::net {
namespace {

using Status = RequestParser::Status;
constexpr RequestParser::Limits kLimits{.header_bytes_max = 4096, .body_bytes_max = 64 * 1024};

struct Parsed {
  Status status = Status::need_more;
  ByteBuffer buffer;
  RequestParser parser{kLimits};

  Status feed(std::string_view bytes) {
    buffer.append(bytes);
    return status = parser.parse(buffer);
  }
  const Request& request() const { return parser.request(); }
};

/// The status a whole request is refused with, 0 if it is complete, -1 if more is awaited.
int verdict(std::string_view bytes) {
  Parsed parsed;
  switch (parsed.feed(bytes)) {
    case Status::complete: return 0;
    case Status::need_more: return -1;
    case Status::failed: break;
  }
  return parsed.parser.error_status();
}

std::string get(std::string_view headers, std::string_view target = "/") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n";
}

TEST(RequestParser, ReadsRequestLineHeadersAndBody) {
  Parsed p;
  ASSERT_EQ(p.feed("POST /a/b?c=d&e HTTP/1.1\r\nHost: example\r\nX-One:  two \r\nContent-Length: 5\r\n\r\nhelloGET"),
            Status::complete);
  EXPECT_EQ(p.request().method, "POST");
  EXPECT_EQ(p.request().target, "/a/b?c=d&e");
  EXPECT_EQ(p.request().path, "/a/b");
  EXPECT_EQ(p.request().query, "c=d&e");
  EXPECT_EQ(p.request().header("x-one"), "two");
  EXPECT_EQ(p.request().header("absent"), std::nullopt);
  EXPECT_EQ(p.request().body, "hello");
  EXPECT_EQ(p.parser.consumed(), p.buffer.size() - 3);
  EXPECT_TRUE(p.parser.keep_alive());
}

TEST(RequestParser, TakesBytesOneByOne) {
  const std::string request =
      "\r\nPOST /x?y HTTP/1.1\r\nHost: example\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=\"v\"\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\nTrailer: value\r\n\r\n";
  Parsed p;
  for (std::size_t i = 0; i < request.size(); ++i) {
    const Status status = p.feed(request.substr(i, 1));
    ASSERT_EQ(status, i + 1 == request.size() ? Status::complete : Status::need_more) << "at byte " << i;
  }
  EXPECT_EQ(p.request().body, "hello world");
  EXPECT_EQ(p.request().path, "/x");
  EXPECT_EQ(p.request().header("Host"), "example");
  EXPECT_EQ(p.request().header("Trailer"), std::nullopt);
  EXPECT_EQ(p.parser.consumed(), p.buffer.size());
}

TEST(RequestParser, ViewsFollowTheBufferWhenTheBodyMakesItGrow) {
  Parsed p;
  ASSERT_EQ(p.feed("PUT http://other/p?q HTTP/1.1\r\nHost: h\r\nName: value\r\nContent-Length: 50000\r\n\r\n"),
            Status::need_more);
  EXPECT_EQ(p.parser.missing(), 50000u);
  const char* before = p.buffer.data();
  ASSERT_EQ(p.feed(std::string(50000, 'b')), Status::complete);
  EXPECT_NE(p.buffer.data(), before);
  EXPECT_EQ(p.request().method, "PUT");
  EXPECT_EQ(p.request().path, "/p");
  EXPECT_EQ(p.request().query, "q");
  EXPECT_EQ(p.request().header("Host"), "other");
  EXPECT_EQ(p.request().header("name"), "value");
  EXPECT_EQ(p.request().body, std::string(50000, 'b'));
}

TEST(RequestParser, ChunkedBodyIsFollowedByTheNextRequest) {
  Parsed p;
  const std::string next = get("");
  ASSERT_EQ(p.feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + next),
            Status::complete);
  EXPECT_EQ(p.request().body, "abc");
  p.buffer.consume(p.parser.consumed());
  p.parser.reset();
  ASSERT_EQ(p.feed(""), Status::complete);
  EXPECT_EQ(p.request().method, "GET");
  EXPECT_EQ(p.request().headers.size(), 1u);
  EXPECT_EQ(p.request().body, "");
}

TEST(RequestParser, ReducesAbsoluteTargets) {
  Parsed p;
  ASSERT_EQ(p.feed("GET HTTP://example:80 HTTP/1.1\r\nHost: wrong\r\n\r\n"), Status::complete);
  EXPECT_EQ(p.request().path, "/");
  EXPECT_EQ(p.request().target, "/");
  EXPECT_EQ(p.request().header("host"), "example:80");
  EXPECT_EQ(verdict("GET ftp://example/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(verdict("GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(verdict("GET http://user@example/x HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(verdict("CONNECT example:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(verdict("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
}

TEST(RequestParser, KeepAliveFollowsTheVersion) {
  const auto keeps = [](const std::string& bytes) {
    Parsed p;
    EXPECT_EQ(p.feed(bytes), Status::complete);
    return p.parser.keep_alive();
  };
  EXPECT_TRUE(keeps(get("")));
  EXPECT_FALSE(keeps(get("Connection: close\r\n")));
  EXPECT_FALSE(keeps(get("Connection: x, Close\r\n")));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, Expectations) {
  Parsed p;
  EXPECT_EQ(p.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"),
            Status::need_more);
  EXPECT_TRUE(p.parser.expects_continue());
  EXPECT_EQ(verdict(get("Expect: something\r\n")), 417);
}

struct Smuggling {
  const char* name;
  std::string bytes;
};
class RefusesAmbiguity : public testing::TestWithParam<Smuggling> {};

TEST_P(RefusesAmbiguity, With400) { EXPECT_EQ(verdict(GetParam().bytes), 400); }
// Everything must be seen at whatever byte the pieces are cut.
TEST_P(RefusesAmbiguity, ByteByByte) {
  Parsed p;
  for (char c : GetParam().bytes)
    if (p.feed({&c, 1}) != Status::need_more) break;
  ASSERT_EQ(p.status, Status::failed);
  EXPECT_EQ(p.parser.error_status(), 400);
}

std::string chunked(std::string_view body, std::string_view headers = "Transfer-Encoding: chunked\r\n") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusesAmbiguity,
    testing::Values(
        Smuggling{"LengthThenEncoding", chunked("0\r\n\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        Smuggling{"EncodingThenLength", chunked("0\r\n\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        Smuggling{"DifferingLengths", get("Content-Length: 0\r\nContent-Length: 1\r\n")},
        Smuggling{"ListedLengths", get("Content-Length: 0, 0\r\n")},
        Smuggling{"SignedLength", get("Content-Length: +0\r\n")},
        Smuggling{"NegativeLength", get("Content-Length: -1\r\n")},
        Smuggling{"HexLength", get("Content-Length: 0x0\r\n")}, Smuggling{"EmptyLength", get("Content-Length:\r\n")},
        Smuggling{"HugeLength", get("Content-Length: 99999999999999999999999\r\n")},
        Smuggling{"BareLineFeedAfterRequestLine", "GET / HTTP/1.1\nHost: h\r\n\r\n"},
        Smuggling{"BareLineFeedAfterHeader", get("X: y\n")},
        Smuggling{"BareLineFeedAtEnd", "GET / HTTP/1.1\r\nHost: h\r\n\n"},
        Smuggling{"BareCarriageReturn", get("X: y\rZ: a\r\n")}, Smuggling{"FoldedLine", get("X: y\r\n z\r\n")},
        Smuggling{"FoldedLineWithTab", get("X: y\r\n\tz\r\n")},
        Smuggling{"SpaceBeforeFirstHeader", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
        Smuggling{"SpaceBeforeColon", get("Content-Length : 0\r\n")}, Smuggling{"TabBeforeColon", get("X\t: 0\r\n")},
        Smuggling{"EmptyName", get(": value\r\n")}, Smuggling{"NoColon", get("Header\r\n")},
        Smuggling{"OtherEncoding", chunked("0\r\n\r\n", "Transfer-Encoding: gzip\r\n")},
        Smuggling{"EncodingList", chunked("0\r\n\r\n", "Transfer-Encoding: gzip, chunked\r\n")},
        Smuggling{"EncodingTwice",
                  chunked("0\r\n\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        Smuggling{"EncodingInTwoFields",
                  chunked("0\r\n\r\n", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n")},
        Smuggling{"EncodingWithControl", chunked("0\r\n\r\n",
                                                 "Transfer-Encoding: \x0b"
                                                 "chunked\r\n")},
        Smuggling{"EncodingInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Smuggling{"ChunkSizeNotHex", chunked("x\r\n")}, Smuggling{"ChunkSizeEmpty", chunked("\r\n\r\n")},
        Smuggling{"ChunkSizeWithPrefix", chunked("0x1\r\na\r\n0\r\n\r\n")},
        Smuggling{"ChunkSizeWithSign", chunked("+1\r\na\r\n0\r\n\r\n")},
        Smuggling{"ChunkSizeWithSpace", chunked("1 \r\na\r\n0\r\n\r\n")},
        Smuggling{"ChunkSizeOverflow", chunked("11111111111111111\r\n")},
        Smuggling{"ChunkSizeBareLineFeed", chunked("1\na\r\n0\r\n\r\n")},
        Smuggling{"ChunkExtensionLineFeed", chunked("1;a=\"\n\"\r\na\r\n0\r\n\r\n")},
        Smuggling{"ChunkTooLong", chunked("1\r\nab\r\n0\r\n\r\n")},
        Smuggling{"ChunkEndBareLineFeed", chunked("1\r\na\n0\r\n\r\n")},
        Smuggling{"TrailerBareLineFeed", chunked("0\r\nA: b\n\r\n")},
        Smuggling{"TrailerFolded", chunked("0\r\nA: b\r\n c\r\n\r\n")},
        Smuggling{"TrailerWithoutColon", chunked("0\r\nab\r\n\r\n")},
        Smuggling{"NoHost", "GET / HTTP/1.1\r\nX: y\r\n\r\n"}, Smuggling{"HostTwice", get("Host: h\r\n")},
        Smuggling{"HostWithSpace", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        Smuggling{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        Smuggling{"ControlInTarget", get("",
                                         "/a\x01"
                                         "b")},
        Smuggling{"DeleteInTarget", get("", "/a\x7f")}, Smuggling{"SpaceInTarget", get("", "/a b")},
        Smuggling{"TabInTarget", get("", "/a\tb")}, Smuggling{"NullInValue", get(std::string("X: a\0b\r\n", 8))},
        Smuggling{"DeleteInValue", get("X: a\x7f\r\n")}, Smuggling{"RelativeTarget", get("", "path")},
        Smuggling{"UnknownVersion", "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
        Smuggling{"Version09", "GET /\r\nHost: h\r\n\r\n"},
        Smuggling{"LowercaseVersion", "GET / http/1.1\r\nHost: h\r\n\r\n"},
        Smuggling{"BadMethod", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"}, Smuggling{"TlsHello", "\x16\x03\x01\x02"}),
    [](const auto& info) { return info.param.name; });

TEST(RequestParser, SameLengthTwiceIsOneLength) {
  EXPECT_EQ(verdict(get("Content-Length: 0\r\nContent-Length: 0\r\n")), 0);
}

TEST(RequestParser, BoundsHeadBodyAndTrailers) {
  EXPECT_EQ(verdict(get("X: " + std::string(5000, 'x') + "\r\n")), 431);
  EXPECT_EQ(verdict("GET /" + std::string(5000, 'x')), 431);
  EXPECT_EQ(verdict(get("Content-Length: 65537\r\n")), 413);
  EXPECT_EQ(verdict(chunked("10001\r\n")), 413);
  EXPECT_EQ(verdict(chunked("8000\r\n" + std::string(0x8000, 'a') + "\r\n8001\r\n")), 413);
  EXPECT_EQ(verdict(chunked("0\r\nA: " + std::string(5000, 'x'))), 400);
  EXPECT_EQ(verdict(chunked("1;" + std::string(5000, 'x'))), 400);
}

TEST(Url, Parts) {
  const auto url = parse_url("https://Example.com:8443/a/b?c#d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "Example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->authority, "Example.com:8443");
  EXPECT_EQ(url->target, "/a/b?c");
  EXPECT_EQ(parse_url("http://h")->target, "/");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("HTTPS://h?q")->target, "/?q");
  EXPECT_EQ(parse_url("https://h:443/")->authority, "h");
  EXPECT_EQ(parse_url("http://[::1]:81/")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:81/")->authority, "[::1]:81");
}

TEST(Url, RefusesWhatItCanNotSend) {
  for (const char* bad : {"", "h", "/p", "ftp://h/", "http://", "http:///p", "http://u@h/", "http://h:0/",
                          "http://h:65536/", "http://h:/", "http://h:1x/", "http://h/a b", "http://h/a\r\nX: y",
                          "http://h\r\n/", "http://[::1", "http://[h]/", "http://[::1]x/", "http://h\\/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

TEST(ParseQuery, DecodesInOrder) {
  EXPECT_EQ(parse_query("a=1&b=x%20y+z&a=&c&=v&&d=1=2"),
            (Parameters{{"a", "1"}, {"b", "x y z"}, {"a", ""}, {"c", ""}, {"", "v"}, {"d", "1=2"}}));
  EXPECT_TRUE(parse_query("").empty());
}

}  // namespace
}  // namespace brume::net
