// HTTP/2 against nghttp2's client: requests, bodies both ways, flow control, limits, abuse, the orderly stop.
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <atomic>
#include <cstring>
#include <map>

#include "net/testing/test_http2_client.h"
#include "net/testing/test_streams.h"
#include "net/testing/test_support.h"
#include "net/transport/tls.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;

using Client = Http2Client;

Task<Response> tell(const Request& request) {
  Response response;
  response.headers = {{"X-Odd", "a\r\nb"}, {"Connection", "close"}, {"Content-Type", "text/plain"}};
  response.body = std::string(request.method) + " " + std::string(request.target) + "|" + std::string(request.body) +
                  "|" + std::string(request.header_or_empty("Host")) + "|" +
                  std::string(request.header_or_empty("cookie")) + "|" + std::to_string(request.version_major);
  co_return response;
}

TEST(Http2, AnswersManyRequestsAtOnce) {
  ServerFixture f(tell);
  Client client(f.port);
  Client::Body body{"text"};
  const auto get = client.ask("GET", "/a?b", nullptr, {{"cookie", "x=1"}, {"cookie", "y=2"}});
  const auto post = client.ask("POST", "/p", &body);
  const auto head = client.ask("HEAD", "/h");
  EXPECT_EQ(client.finish(get).body, "GET /a?b||h|x=1; y=2|2");
  EXPECT_EQ(client.finish(post).body, "POST /p|text|h||2");
  EXPECT_EQ(client.finish(head).body, "");
  EXPECT_EQ(client.answers[head].field("content-length"), "13");
  const Client::Answer& answer = client.answers[get];
  EXPECT_EQ(answer.status, "200");
  EXPECT_EQ(answer.field("x-odd"), "a  b");
  EXPECT_EQ(answer.field("connection"), "");
  EXPECT_FALSE(answer.field("date").empty());
  EXPECT_EQ(answer.error, 0u);
  EXPECT_EQ(f.server.connection_count(), 1u);
}

TEST(Http2, LongBodiesBothWays) {
  ServerFixture f(tell, {.body_bytes_max = 8'000'000});
  Client client(f.port);
  Client::Body body{std::string(3'000'000, 'b')};
  const auto id = client.ask("PUT", "/", &body);
  EXPECT_EQ(client.finish(id).body, "PUT /|" + std::string(3'000'000, 'b') + "|h||2");
  Client::Body longer{std::string(9'000'000, 'b')};
  const auto refused = client.ask("PUT", "/", &longer);
  EXPECT_EQ(client.finish(refused).status, "413");
  Client::Body announced{"x", false};  // it would be a fault of its own to end here
  EXPECT_EQ(client.finish(client.ask("PUT", "/", &announced, {{"content-length", "9000000"}})).status, "413");
  EXPECT_EQ(client.finish(client.ask("GET", "/after")).status, "200");
}

TEST(Http2, RefusesWhatIsNoRequest) {
  ServerFixture f(tell, {.header_bytes_max = 2000});
  Client client(f.port);
  const Fields base{{":method", "GET"}, {":scheme", "http"}, {":authority", "h"}, {":path", "/"}};
  const auto with = [&](Fields more) {
    Fields all = base;
    all.insert(all.end(), more.begin(), more.end());
    return client.submit(all);
  };
  EXPECT_EQ(client.finish(with({{"x", std::string(3000, 'x')}})).status, "431");
  EXPECT_EQ(client.finish(with({{"host", "other"}})).status, "400");
  EXPECT_EQ(client.finish(with({{"connection", "close"}})).error, static_cast<std::uint32_t>(NGHTTP2_PROTOCOL_ERROR));
  EXPECT_EQ(client.finish(client.ask("GET", "/after")).status, "200");
}

struct Failing final : BodyStream {
  int reads = 0;
  Task<std::string_view> read() override {
    if (reads++ > 0) throw std::runtime_error("the source is gone");
    co_return "one";
  }
};

TEST(Http2, StreamsAnswersAsTheyAreRead) {
  const auto given = std::make_shared<std::atomic<std::uint64_t>>(0);
  ServerFixture f([&](const Request&) { return answer(std::make_shared<Counted>(5'000'000, given)); });
  {
    Client client(f.port);
    const auto id = client.ask("GET", "/");
    EXPECT_EQ(client.finish(id).body.size(), 5'000'000u);
    EXPECT_EQ(client.answers[id].field("content-length"), "");
  }
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0 && f.server.connection_count() == 0; }));
  given->store(0);
  Client slow(f.port, false);  // opens no windows
  slow.ask("GET", "/");
  std::uint64_t before = 1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, given->load()) == given->load();
  }));
  EXPECT_GT(given->load(), 60'000u);
  EXPECT_LT(given->load(), 300'000u);
}

TEST(Http2, AFailedStreamIsReset) {
  ServerFixture f([](const Request&) { return answer(std::make_shared<Failing>()); });
  Client client(f.port);
  const Client::Answer& got = client.finish(client.ask("GET", "/"));
  EXPECT_EQ(got.body, "one");
  EXPECT_EQ(got.error, static_cast<std::uint32_t>(NGHTTP2_INTERNAL_ERROR));
}

TEST(Http2, AStreamIsCancelledWhenItsClientLeavesOrResetsIt) {
  const auto cancelled = std::make_shared<std::atomic<int>>(0);
  ServerFixture f([&](const Request&) { return answer(std::make_shared<Silent>(cancelled)); });
  {
    Client client(f.port);
    const auto id = client.ask("GET", "/");
    client.run([&] { return !client.answers[id].status.empty(); });
    nghttp2_submit_rst_stream(client.session, 0, id, NGHTTP2_CANCEL);
    client.flush();
    EXPECT_TRUE(eventually([&] { return *cancelled == 1 && f.server.handler_count() == 0; }));
    const auto second = client.ask("GET", "/");
    client.run([&] { return !client.answers[second].status.empty(); });
  }
  EXPECT_TRUE(eventually([&] { return *cancelled == 2 && f.server.handler_count() == 0; }));
}

Task<Response> count(const Request& request) {
  std::uint64_t bytes = 0;
  while (true) {
    const std::string_view piece = co_await request.stream->read();
    if (piece.empty()) break;
    bytes += piece.size();
  }
  Response response;
  response.body = std::to_string(bytes);
  co_return response;
}

ServerLimits streams(std::uint64_t most) {
  return {.plan_body = [most](const Request&) { return BodyPlan{most, true}; }};
}

TEST(Http2, StreamsRequestsAndStopsTheirSenders) {
  Completion<bool> open;
  const auto later = [&](const Request& request) -> Task<Response> {
    if (request.path == "/later") co_await open.wait();
    co_return co_await count(request);
  };
  ServerFixture f(later, streams(100'000'000));
  Client client(f.port);
  Client::Body body{std::string(5'000'000, 'x')}, other{std::string(5'000'000, 'y')};
  const auto first = client.ask("PUT", "/later", &body);
  EXPECT_EQ(client.finish(client.ask("PUT", "/now", &other)).body, "5000000");  // one does not hold up the other
  EXPECT_GT(body.bytes.size(), 4'500'000u);
  open.set(true);
  EXPECT_EQ(client.finish(first).body, "5000000");
}

TEST(Http2, AStreamedRequestIsCutOff) {
  ServerFixture f(count, streams(200'000));
  Client client(f.port);
  Client::Body body{std::string(300'000, 'x'), false};
  EXPECT_EQ(client.finish(client.ask("PUT", "/", &body)).status, "413");
  Client::Body waiting{"abc", false};
  const auto id = client.ask("PUT", "/", &waiting);
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 1; }));
  nghttp2_submit_rst_stream(client.session, 0, id, NGHTTP2_CANCEL);
  client.flush();
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

TEST(Http2, SlowSendersAreAnswered408) {
  ServerLimits limits;
  limits.body_window = 100ms;
  limits.bytes_per_second_min = 10'000;
  ServerFixture f(tell, limits);
  Client client(f.port);
  Client::Body body{"abc", false};
  EXPECT_EQ(client.finish(client.ask("PUT", "/", &body)).status, "408");
}

TEST(Http2, ContinueIsSaid) {
  ServerFixture f(tell);
  Client client(f.port);
  Client::Body body{"", false};
  const auto id = client.ask("PUT", "/", &body, {{"expect", "100-continue"}});
  EXPECT_TRUE(client.run([&] { return client.answers[id].continued; }));
  body = {"late", true};
  nghttp2_session_resume_data(client.session, id);
  EXPECT_EQ(client.finish(id).body, "PUT /|late|h||2");
}

TEST(Http2, FloodsEndTheConnection) {
  ServerFixture f(tell);
  {
    Client client(f.port);  // resets
    for (int i = 0; i < 2000 && !client.goaway; ++i) {
      const auto id = client.ask("GET", "/");
      if (id < 0) break;
      nghttp2_submit_rst_stream(client.session, 0, id, NGHTTP2_CANCEL);
      if (!client.flush()) break;
    }
    client.run([&] { return client.goaway.has_value(); });
    EXPECT_TRUE(client.goaway.has_value());
  }
  {
    Client client(f.port);  // frames of a head without an end
    client.flush();
    std::string head("\0\0\x01\x01\0\0\0\0\x01\x82", 10);
    client.raw(head);
    const std::string more("\0\0\0\x09\0\0\0\0\x01", 9);
    for (int i = 0; i < 100; ++i) client.raw(more);
    EXPECT_FALSE(client.run([] { return false; }));
  }
  {
    Client client(f.port);  // no HTTP/2 after the preface
    client.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(100, 'x'));
    EXPECT_FALSE(client.run([] { return false; }));
  }
  EXPECT_TRUE(eventually([&] { return f.server.connection_count() == 0; }));
  Client client(f.port);
  EXPECT_EQ(client.finish(client.ask("GET", "/after")).status, "200");
}

/// RFC 9113, 5.1: closed.
TEST(Http2, FramesOnAClosedStreamEndTheConnection) {
  ServerFixture f(tell);
  for (const std::string& frame : {std::string("\0\0\x03\x01\x05\0\0\0\x01\x82\x86\x84", 12),  // HEADERS
                                   std::string("\0\0\x01\0\x01\0\0\0\x01x", 10)}) {        // DATA
    Client client(f.port);
    EXPECT_EQ(client.finish(client.ask("GET", "/")).status, "200");
    client.raw(frame);
    client.run([&] { return client.goaway.has_value(); });
    EXPECT_EQ(client.goaway, std::optional<std::uint32_t>(NGHTTP2_STREAM_CLOSED));
  }
}

TEST(Http2, DrainLetsRequestsEndAndTakesNoNewOnes) {
  Completion<bool> open;
  std::atomic<bool> entered = false;
  const auto wait = [&](const Request&) -> Task<Response> {
    entered = true;
    co_await open.wait();
    Response response;
    response.body = "done";
    co_return response;
  };
  ServerFixture f(wait);
  Client client(f.port), idle(f.port);
  idle.flush();
  const auto id = client.ask("GET", "/");
  ASSERT_TRUE(eventually([&] { return entered.load(); }));
  auto drained = std::async(std::launch::async, [&] { f.drain(5s); });
  EXPECT_TRUE(client.run([&] { return client.goaway.has_value(); }));
  EXPECT_EQ(*client.goaway, 0u);
  open.set(true);
  EXPECT_EQ(client.finish(id).body, "done");
  EXPECT_FALSE(client.run([] { return false; }));
  drained.get();
  EXPECT_EQ(f.server.connection_count(), 0u);
}

TEST(Http2, ManyStreamsAreBounded) {
  Completion<bool> never;
  std::vector<Completion<bool>> gates;
  const auto wait = [&](const Request&) -> Task<Response> {
    co_await sleep_for(300ms);
    co_return Response{};
  };
  ServerFixture f(wait, {}, {}, 1);
  Client client(f.port);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 400; ++i) ids.push_back(client.ask("GET", "/"));
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() >= 100; }));
  EXPECT_LE(f.server.handler_count(), 256u);
  for (const auto id : ids) EXPECT_EQ(client.finish(id).status, "200");
}

TEST(Http2, ManyShortRequestsShareTheMemoryOfLongOnes) {
  ServerFixture f(tell, {.body_memory_max = 400 * 1024}, {}, 1);  // half of it for requests
  Client client(f.port);
  std::vector<std::unique_ptr<Client::Body>> bodies;
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 60; ++i) {
    bodies.push_back(std::make_unique<Client::Body>(Client::Body{std::string(10'000, 'b'), false}));
    ids.push_back(client.ask("PUT", "/", bodies.back().get()));
  }
  EXPECT_TRUE(client.run([&] { return client.answers[ids.back()].status == "503"; }));
  EXPECT_LE(f.server.body_counts().request_bytes, 200u * 1024);
  EXPECT_GT(f.server.body_counts().request_bytes, 150u * 1024);
  bodies.front()->ended = true;
  nghttp2_session_resume_data(client.session, ids.front());
  EXPECT_EQ(client.finish(ids.front()).status, "200");
  for (const auto id : ids)
    if (!client.answers[id].closed) nghttp2_submit_rst_stream(client.session, 0, id, NGHTTP2_CANCEL);
  client.flush();
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().request_bytes == 0; }));
}

TEST(Http2, IsChosenByTls) {
  TempDir folder;
  write_certificate(folder.file("c"), folder.file("k"));
  ServerFixture f(tell, {}, {}, 1, TlsContext::server(folder.file("c"), folder.file("k")));
  const std::string command = "curl -sk --http2 -d text https://127.0.0.1:" + std::to_string(f.port) +
                              "/curl -w '|%{http_version}'";
  FILE* curl = ::popen(command.c_str(), "r");
  ASSERT_TRUE(curl);
  char text[1000] = {};
  const std::size_t size = std::fread(text, 1, sizeof text - 1, curl);
  ::pclose(curl);
  EXPECT_EQ(std::string(text, size), "POST /curl|text|127.0.0.1:" + std::to_string(f.port) + "||2|2");
}

}  // namespace
}  // namespace brume::net::test
