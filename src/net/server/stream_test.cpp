// Bodies that come and go in pieces, on the server, on the client, and through both.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "net/message/file_stream.h"
#include "net/testing/test_streams.h"
#include "net/testing/test_support.h"
#include "net/transport/tls.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKiB = 1024;

/// Gives `pieces` one after another, then fails if told to.
struct Pieces final : BodyStream {
  std::vector<std::string> pieces;
  bool fails = false;
  std::optional<std::uint64_t> announced;
  std::size_t at = 0;

  explicit Pieces(std::vector<std::string> pieces) : pieces(std::move(pieces)) {}
  Task<std::string_view> read() override {
    if (at < pieces.size()) co_return pieces[at++];
    if (fails) throw std::runtime_error("the source is gone");
    co_return std::string_view{};
  }
  std::optional<std::uint64_t> size() const override { return announced; }
};

Handler gives(std::shared_ptr<BodyStream> stream) {
  return [stream](const Request&) { return answer(stream); };
}

const std::string kGet = "GET /path HTTP/1.1\r\nHost: h\r\n\r\n";

// --- Responses.

TEST(StreamedResponse, GoesInChunks) {
  ServerFixture f(
      gives(std::make_shared<Pieces>(std::vector<std::string>{"one", std::string(20 * kKiB, 'x'), "three"})));
  RawSocket client(f.port);
  client.send(kGet);
  const std::string text = client.receive_until("0\r\n\r\n");
  EXPECT_NE(text.find("Transfer-Encoding: chunked\r\n"), text.npos);
  EXPECT_EQ(text.find("Content-Length"), text.npos);
  EXPECT_TRUE(
      text.ends_with("\r\n\r\n3\r\none\r\n5000\r\n" + std::string(20 * kKiB, 'x') + "\r\n5\r\nthree\r\n0\r\n\r\n"));
  client.send(kGet);
  EXPECT_TRUE(client.receive_until("0\r\n\r\n").starts_with("HTTP/1.1 200 OK"));  // the connection goes on
}

TEST(StreamedResponse, OfKnownSizeIsNotChunked) {
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one", "two"});
  source->announced = 6;
  ServerFixture f(gives(source));
  RawSocket client(f.port);
  client.send(kGet);
  const std::string text = client.receive_until("onetwo");
  EXPECT_NE(text.find("Content-Length: 6\r\n"), text.npos);
  EXPECT_NE(text.find("Connection: keep-alive"), text.npos);
}

TEST(StreamedResponse, EndsWithTheConnectionForOldClients) {
  ServerFixture f(gives(std::make_shared<Pieces>(std::vector<std::string>{"one", "two"})));
  RawSocket client(f.port);
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string text = client.receive_all();
  EXPECT_EQ(text.find("Transfer-Encoding"), text.npos);
  EXPECT_NE(text.find("Connection: close"), text.npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\nonetwo"));
}

TEST(StreamedResponse, ToHeadHasNoBody) {
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one"});
  source->announced = 3;
  ServerFixture f(gives(source));
  RawSocket client(f.port);
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string text = client.receive_until("\r\n\r\n");
  EXPECT_NE(text.find("Content-Length: 3\r\n"), text.npos);
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(source->at, 0u);
}

TEST(StreamedResponse, ThatIsCutOffDoesNotLookComplete) {
  for (const bool sized : {false, true}) {
    const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one"});
    if (sized) source->announced = 10;
    else source->fails = true;
    ServerFixture f(gives(source));
    RawSocket client(f.port);
    client.send(kGet);
    const std::string text = client.receive_all();
    EXPECT_NE(text.find("one"), text.npos);
    EXPECT_EQ(text.find("0\r\n\r\n"), text.npos);
  }
}

TEST(StreamedResponse, LongerThanAnnouncedIsCutOff) {
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one", "two"});
  source->announced = 5;
  ServerFixture f(gives(source));
  RawSocket client(f.port);
  client.send(kGet);
  EXPECT_TRUE(client.receive_all().ends_with("\r\n\r\none"));
}

TEST(StreamedResponse, ASlowReaderStopsItsSource) {
  const auto given = std::make_shared<std::atomic<std::uint64_t>>(0);
  ServerFixture f(gives(std::make_shared<Counted>(1024 * 1024 * kKiB, given)));
  RawSocket client(f.port);
  client.send(kGet);
  std::uint64_t before = 1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, given->load()) == given->load();
  }));
  EXPECT_LT(given->load(), 16 * 1024 * kKiB);  // what the kernel holds
  EXPECT_LE(f.server.body_counts().reply_bytes, 128 * kKiB);
  for (std::size_t read = 0; read < 12 * 1024 * kKiB;) read += client.receive_some(kKiB * kKiB);
  EXPECT_TRUE(eventually([&] { return given->load() > before; }));
}

TEST(StreamedResponse, IsCancelledWhenTheClientLeaves) {
  const auto cancelled = std::make_shared<std::atomic<int>>(0);
  ServerFixture f([&](const Request&) { return answer(std::make_shared<Silent>(cancelled)); });
  {
    RawSocket client(f.port);
    client.send(kGet);
    EXPECT_NE(client.receive_until("\r\n\r\n").find("chunked"), std::string::npos);  // the head does not wait
    EXPECT_EQ(f.server.handler_count(), 1u);
  }
  EXPECT_TRUE(eventually([&] { return *cancelled == 1 && f.server.handler_count() == 0; }));
  EXPECT_TRUE(eventually([&] { return f.server.connection_count() == 0; }));
}

TEST(StreamedResponse, IsCancelledWhenTheServerStops) {
  const auto cancelled = std::make_shared<std::atomic<int>>(0);
  ServerFixture f([&](const Request&) { return answer(std::make_shared<Silent>(cancelled)); });
  RawSocket client(f.port);
  client.send(kGet);
  client.receive_until("\r\n\r\n");
  f.drain(50ms);
  EXPECT_EQ(*cancelled, 1);
  run_on(f.loops.executor(0), f.server.handlers_ended());
}

// --- Requests.

Task<Response> count(const Request& request) {
  std::uint64_t bytes = request.body.size();
  std::size_t pieces = 0;
  while (request.stream) {
    const std::string_view piece = co_await request.stream->read();
    if (piece.empty()) break;
    bytes += piece.size();
    ++pieces;
  }
  Response response;
  response.body = std::to_string(bytes) + (request.stream ? " streamed" : " gathered") +
                  (pieces > 3 ? " in pieces" : "");
  response.body += " of " + std::string(request.header_or_empty("X-Name")) + "\n";
  co_return response;
}

ServerLimits streams(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
  return {.body_bytes_max = 1024 * kKiB, .plan_body = [most](const Request&) { return BodyPlan{most, true}; }};
}

std::string chunk(std::size_t size) {
  char head[20];
  std::snprintf(head, sizeof head, "%zx\r\n", size);
  return head + std::string(size, 'x') + "\r\n";
}

TEST(StreamedRequest, ComesInPiecesAndTheConnectionGoesOn) {
  ServerFixture f(count, streams());
  RawSocket client(f.port);
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nX-Name: first\r\nContent-Length: ";
  client.send(head + "3\r\n\r\nabc" + head + "5000000\r\n\r\n");
  EXPECT_TRUE(client.receive_until("first\n").ends_with("\r\n\r\n3 gathered of first\n"));
  for (int i = 0; i < 50; ++i) client.send(std::string(100'000, 'b'));
  EXPECT_TRUE(client.receive_until("first\n").ends_with("\r\n\r\n5000000 streamed in pieces of first\n"));
  std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nX-Name: second\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::size_t size : {1u, 70'000u, 17u, 300'000u}) chunked += chunk(size);
  client.send(chunked + "0\r\n\r\n" + head + "1\r\n\r\nz");
  const std::string text = client.receive_until("first\n");
  EXPECT_NE(text.find("\r\n\r\n370018 streamed in pieces of second\n"), text.npos);
  EXPECT_TRUE(text.ends_with("1 gathered of first\n"));
}

TEST(StreamedRequest, BytesOneByOne) {
  ServerFixture f(count, streams());
  RawSocket client(f.port);
  const std::string all =
      "POST / HTTP/1.1\r\nHost: h\r\nX-Name: n\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nabcde\r\na;e=f\r\n0123456789\r\n0\r\nT: v\r\n\r\n";
  for (const char c : all) client.send(std::string_view(&c, 1));
  EXPECT_TRUE(client.receive_until("of n\n").find("15 streamed") != std::string::npos);
}

TEST(StreamedRequest, ContinueIsSentWhenTheHandlerReads) {
  const auto refuse = [](const Request& request) -> Task<Response> {
    if (request.path == "/no") {
      Response response;
      response.status = 403;
      co_return response;
    }
    co_return co_await count(request);
  };
  ServerFixture f(refuse, streams());
  const std::string head = " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
  RawSocket yes(f.port), no(f.port);
  yes.send("POST /yes" + head);
  EXPECT_EQ(yes.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  yes.send(std::string(100'000, 'x'));
  EXPECT_NE(yes.receive_until("of \n").find("100000 streamed"), std::string::npos);
  no.send("POST /no" + head);
  const std::string refused = no.receive_all();  // and the connection ends: nobody knows whether a body comes
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 "));
  EXPECT_NE(refused.find("Connection: close"), refused.npos);
}

TEST(StreamedRequest, IsRefusedInTheMiddle) {
  ServerFixture f(count, streams(200'000));
  RawSocket announced(f.port), chunked(f.port), malformed(f.port);
  announced.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200001\r\n\r\n");
  EXPECT_TRUE(announced.receive_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  chunked.send(head + chunk(150'000) + chunk(50'001));
  EXPECT_TRUE(chunked.receive_all().starts_with("HTTP/1.1 413 "));
  malformed.send(head + chunk(1000) + "xyz\r\n");
  EXPECT_TRUE(malformed.receive_all().starts_with("HTTP/1.1 400 "));
}

TEST(StreamedRequest, ASlowSenderIsAnswered408) {
  ServerLimits limits = streams();
  limits.body_window = 100ms;
  limits.bytes_per_second_min = 10'000;
  ServerFixture f(count, limits);
  RawSocket client(f.port);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\nabc");
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 408 "));
}

TEST(StreamedRequest, AClientThatLeavesEndsTheHandler) {
  std::atomic<int> status = 0;
  const auto watch = [&](const Request& request) -> Task<Response> {
    try {
      while (true) {
        const std::string_view piece = co_await request.stream->read();
        if (piece.empty()) break;
      }
    } catch (const BodyError& e) {
      status = e.status;
      throw;
    }
    co_return Response{};
  };
  ServerFixture f(watch, streams());
  {
    RawSocket client(f.port);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\nabc");
    ASSERT_TRUE(eventually([&] { return f.server.handler_count() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return status == 400 && f.server.handler_count() == 0; }));
}

TEST(StreamedRequest, FlowsThroughAHandlerThatAnswersWithIt) {
  // The response is the request: no more than a piece of it is ever in memory.
  struct Through final : BodyStream {
    explicit Through(BodyStream& from) : from(from) {}
    Task<std::string_view> read() override { return from.read(); }
    BodyStream& from;
  };
  const auto echo_stream = [](const Request& request) { return answer(std::make_shared<Through>(*request.stream)); };
  ServerFixture f(echo_stream, streams());
  RawSocket client(f.port);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.receive_until("\r\n\r\n");
  client.send("3\r\nabc\r\n");
  EXPECT_EQ(client.receive_until("abc\r\n"), "3\r\nabc\r\n");
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive_until("0\r\n\r\n"), "2\r\nde\r\n0\r\n\r\n");
}

// --- The client.

struct StreamClient : testing::Test {
  Loops loops{1};
  HttpClient client{ClientOptions{.timeout = 5s}};
  StreamClient() { loops.start(); }

  static Task<std::string> read_all(HttpClient& client, ClientRequest request) {
    const Response response = co_await client.open(std::move(request));
    std::string text = std::to_string(response.status) + " ";
    while (true) {
      const std::string_view piece = co_await response.stream->read();
      if (piece.empty()) break;
      text += piece;
    }
    const std::string_view after = co_await response.stream->read();
    EXPECT_TRUE(after.empty());
    co_return text;
  }
  std::string read(ClientRequest request) { return run_on(loops.executor(0), read_all(client, std::move(request))); }
};

TEST_F(StreamClient, ReadsWhateverTheFraming) {
  for (const bool sized : {false, true}) {
    const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one", std::string(300'000, 'x'), "end"});
    if (sized) source->announced = 300'006;
    ServerFixture f(gives(source));
    EXPECT_EQ(read({.url = f.url()}), "200 one" + std::string(300'000, 'x') + "end");
  }
  ServerFixture f(echo);
  EXPECT_EQ(read({.url = f.url("/a")}), "200 GET /a|");
  EXPECT_EQ(read({.url = f.url("/b")}), "200 GET /b|");
  EXPECT_EQ(read({.method = "HEAD", .url = f.url("/b")}), "200 ");
  EXPECT_EQ(f.server.connection_count(), 1u);  // it goes back to the pool at the body's end
}

TEST_F(StreamClient, SendsWhateverTheFraming) {
  ServerFixture f(count, streams());
  for (const bool sized : {false, true}) {
    Pieces source({"one", std::string(300'000, 'x'), "end"});
    if (sized) source.announced = 300'006;
    EXPECT_EQ(read({.method = "PUT", .url = f.url(), .headers = {{"X-Name", "n"}}, .stream = &source}),
              "200 300006 streamed in pieces of n\n");
  }
  EXPECT_EQ(f.server.connection_count(), 1u);
}

TEST_F(StreamClient, AStreamThatFailsSendsNoEnd) {
  ServerFixture f(count, streams());
  Pieces source({"one"});
  source.fails = true;
  EXPECT_THROW(read({.method = "PUT", .url = f.url(), .stream = &source}), std::runtime_error);
  EXPECT_TRUE(eventually([&] { return f.server.connection_count() == 0; }));
  Pieces shorter({"one"});
  shorter.announced = 10;
  EXPECT_THROW(read({.method = "PUT", .url = f.url(), .stream = &shorter}), ClientError);
}

TEST_F(StreamClient, HearsARefusalBeforeItHasSentAll) {
  const auto refuse = [](const Request&) -> Task<Response> {
    Response response;
    response.status = 403;
    response.body = "no";
    co_return response;
  };
  ServerFixture f(refuse, streams());
  const auto given = std::make_shared<std::atomic<std::uint64_t>>(0);
  Counted source(1024 * 1024 * kKiB, given);
  EXPECT_EQ(read({.method = "PUT", .url = f.url(), .stream = &source}), "403 no");
  EXPECT_LT(given->load(), 200 * 1024 * kKiB);
}

TEST_F(StreamClient, ACutOffBodyIsAnError) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    RawListener server;
    auto text = std::async(std::launch::async, [&] { return read({.url = server.url()}); });
    {
      auto connection = server.accept();
      connection->receive_until("\r\n\r\n");
      connection->send(answer);
    }
    EXPECT_THROW(text.get(), ClientError);
  }
}

TEST_F(StreamClient, EachReadHasItsTime) {
  RawListener server;
  HttpClient impatient(ClientOptions{.timeout = 300ms});
  auto text = std::async(std::launch::async,
                         [&] { return run_on(loops.executor(0), read_all(impatient, {.url = server.url()})); });
  auto connection = server.accept();
  connection->receive_until("\r\n\r\n");
  connection->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 8; ++i) {  // more than its time in all
    std::this_thread::sleep_for(100ms);
    connection->send("1\r\na\r\n");
  }
  EXPECT_THROW(text.get(), ClientError);
}

// --- Through both: a proxy.

TEST_F(StreamClient, AProxyHoldsOnlyPieces) {
  const auto given = std::make_shared<std::atomic<std::uint64_t>>(0);
  ServerFixture origin(gives(std::make_shared<Counted>(256 * 1024 * kKiB, given)));
  const auto forward = [&](const Request&) { return client.open({.url = origin.url()}); };
  ServerFixture proxy(forward);
  RawSocket reader(proxy.port);
  reader.send("GET / HTTP/1.0\r\n\r\n");
  std::uint64_t before = 1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, given->load()) == given->load();
  }));
  EXPECT_LT(given->load(), 64 * 1024 * kKiB);  // the reader's slowness reaches the origin
  std::uint64_t read = 0;
  while (const std::size_t count = reader.receive_some(kKiB * kKiB)) read += count;
  EXPECT_GT(read, 256 * 1024 * kKiB);
  EXPECT_EQ(given->load(), 256 * 1024 * kKiB);
}

// --- Files.

TEST(FileStream, IsTheFile) {
  TempDir folder;
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i);
  std::ofstream(folder.file("f")) << text;
  BlockingPool pool(2);
  const auto give = [&](const Request& request) -> Task<Response> {
    Response response;
    response.stream = co_await open_file(folder.file(std::string(request.path.substr(1))), pool);
    if (!response.stream) response.status = 404;
    co_return response;
  };
  ServerFixture f(give);
  RawSocket client(f.port);
  client.send("GET /f HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = client.receive_until(text);
  EXPECT_NE(answer.find("Content-Length: " + std::to_string(text.size())), answer.npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + text));
  client.send("GET /absent HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 404"));
}

TEST(StreamedOverTls, BothWays) {
  TempDir folder;
  write_certificate(folder.file("c"), folder.file("k"));
  ServerFixture f(count, streams(), {}, 1, TlsContext::server(folder.file("c"), folder.file("k")));
  Loops loops{1};
  loops.start();
  HttpClient client(ClientOptions{.timeout = 5s}, TlsContext::client(false));
  Pieces source({std::string(700'000, 'x'), "end"});
  ClientRequest request{.method = "PUT", .url = "https://localhost:" + std::to_string(f.port) + "/", .stream = &source};
  EXPECT_EQ(run_on(loops.executor(0), StreamClient::read_all(client, std::move(request))),
            "200 700003 streamed in pieces of \n");
}

}  // namespace
}  // namespace brume::net::test
