// Deadlines, sizes, the number of connections, and the orderly stop.
#include <gtest/gtest.h>

#include <atomic>

#include "net/testing/test_support.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// A handler that waits until the test lets it go.
struct Gate {
  std::promise<void> entered;
  Completion<bool> open;

  static Task<Response> wait(Gate& gate, const Request& request) {
    gate.entered.set_value();
    co_await gate.open.wait();
    Response response;
    response.body = "through " + std::string(request.path);  // the request is still there
    co_return response;
  }
  Handler handler() {
    return [this](const Request& request) { return wait(*this, request); };
  }
};

TEST(HttpServerLimits, LongHeadIs431) {
  ServerFixture f(echo, {.header_bytes_max = 1000});
  RawSocket client(f.port);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(1000, 'x'));
  client.end_sending();
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 431 "));
}

TEST(HttpServerLimits, LongBodyIs413EvenIfItIsSentAtOnce) {
  ServerFixture f(echo, {.body_bytes_max = 1000});
  for (const char* framing : {"Content-Length: 5000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n4c4b40\r\n"}) {
    RawSocket client(f.port);
    client.send("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + std::string(5'000'000, 'x'));
    client.end_sending();
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 413 ")) << framing;
  }
}

TEST(HttpServerLimits, SlowHeadIs408HoweverItTrickles) {
  ServerFixture f(echo, {.header_time_max = 100ms});
  RawSocket client(f.port);
  const auto start = Steady::now();
  client.send("GET / HTTP/1.1\r\n");
  std::thread trickle([&] {
    while (client.try_send("X: y\r\n") && Steady::now() - start < 5s) std::this_thread::sleep_for(20ms);
  });
  const std::string reply = client.receive_until("\r\n\r\n");
  const auto waited = Steady::now() - start;
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 408 ")) << reply;
  EXPECT_GE(waited, 100ms);
  EXPECT_LT(waited, 4s);
  client.end_sending();
  trickle.join();
}

TEST(HttpServerLimits, HeadBehindAnotherRequestIsTimedToo) {
  ServerFixture f(echo, {.header_time_max = 100ms});
  RawSocket client(f.port);
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\n");
  client.receive_until("GET /1|");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 408 "));
}

TEST(HttpServerLimits, StalledBodyIs408) {
  ServerFixture f(echo, {.body_window = 100ms});
  RawSocket client(f.port);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 408 "));
}

TEST(HttpServerLimits, IdleConnectionIsClosedSilently) {
  ServerFixture f(echo, {.keep_alive_idle = 100ms});
  RawSocket fresh(f.port);
  RawSocket used(f.port);
  used.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  used.receive_until("GET /|");
  EXPECT_EQ(used.receive_all(), "");
  EXPECT_EQ(fresh.receive_all(), "");
}

Task<Response> slow_answer(const Request&) {
  co_await sleep_for(300ms);
  co_return Response{};
}

TEST(HttpServerLimits, HandlersHaveNoDeadline) {
  ServerFixture f(slow_answer,
                  {.header_time_max = 40ms, .keep_alive_idle = 40ms, .body_window = 40ms, .reply_window = 40ms});
  RawSocket client(f.port);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

Task<Response> huge(const Request&) {
  Response response;
  response.body.assign(64 * 1024 * 1024, 'x');
  co_return response;
}

TEST(HttpServerLimits, SlowReaderIsCutOff) {
  ServerFixture f(huge, {.reply_window = 100ms});
  RawSocket client(f.port);
  client.shrink_receive_buffer();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto start = Steady::now();
  while (f.server.connection_count() == 0 && Steady::now() - start < 10s) std::this_thread::sleep_for(1ms);
  while (f.server.connection_count() > 0 && Steady::now() - start < 10s) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(f.server.connection_count(), 0u);
}

TEST(HttpServerLimits, ConnectionsBeyondTheLimitWait) {
  ServerFixture f(echo, {.connections_max = 2});
  auto first = std::make_unique<RawSocket>(f.port);
  RawSocket second(f.port);
  for (RawSocket* client : {first.get(), &second}) {
    client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client->receive_until("GET /|");
  }
  RawSocket third(f.port);
  third.send("GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(f.server.connection_count(), 2u);
  first.reset();
  EXPECT_TRUE(third.receive_all().ends_with("GET /3|"));
}

TEST(HttpServerDrain, ClosesIdleAndLetsRunningRequestsEnd) {
  Gate gate;
  ServerFixture f(gate.handler());
  RawSocket idle(f.port);
  RawSocket busy(f.port);
  busy.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  gate.entered.get_future().wait();
  auto drained = std::async(std::launch::async, [&] { f.drain(10s); });
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_THROW(RawSocket{f.port}, std::runtime_error);
  EXPECT_EQ(drained.wait_for(20ms), std::future_status::timeout);
  gate.open.set(true);
  const std::string reply = busy.receive_until("through /x");
  EXPECT_NE(reply.find("\r\nConnection: close\r\n"), std::string::npos) << reply;
  busy.end_sending();
  EXPECT_EQ(busy.receive_all(), "");
  drained.get();
  EXPECT_EQ(f.server.connection_count(), 0u);
}

TEST(HttpServerDrain, GraceEndsAndTheHandlerMayGoOn) {
  Gate gate;
  ServerFixture f(gate.handler());
  RawSocket busy(f.port);
  busy.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  gate.entered.get_future().wait();
  f.drain(50ms);
  EXPECT_EQ(f.server.connection_count(), 0u);
  EXPECT_EQ(busy.receive_all(), "");
  gate.open.set(true);
  f.drain(0ms);  // passes through the handler's loop behind it
}

TEST(HttpServerLimits, ReplyDoesNotWaitForTheNextHandler) {
  Gate gate;
  const auto handler = [&gate](const Request& request) {
    return request.path == "/1" ? echo(request) : Gate::wait(gate, request);
  };
  ServerFixture f(handler, {.header_time_max = 40ms});
  RawSocket client(f.port);
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.receive_until("GET /1|").ends_with("GET /1|"));
  gate.open.set(true);
  EXPECT_TRUE(client.receive_until("through /2").ends_with("through /2"));
}

TEST(HttpServerDrain, HalfAHeadHoldsItUpForASecondAtMost) {
  ServerFixture f(echo, {.header_time_max = 60s});
  RawSocket unused(f.port), half(f.port);
  half.send("GET / HTTP/1.1\r\nHo");
  std::this_thread::sleep_for(50ms);
  const auto begin = std::chrono::steady_clock::now();
  f.drain(30s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
  EXPECT_TRUE(half.receive_until("\r\n").starts_with("HTTP/1.1 408"));
}

TEST(HttpServerDrain, HandlersOfClosedConnectionsAreWaitedFor) {
  Gate gate;
  ServerFixture f(gate.handler());
  RawSocket client(f.port);
  client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  gate.entered.get_future().wait();
  f.drain(0ms);  // the connection is closed, its handler goes on
  EXPECT_EQ(f.server.connection_count(), 0u);
  EXPECT_EQ(f.server.handler_count(), 1u);
  auto promise = std::make_shared<std::promise<void>>();
  auto ended = promise->get_future();
  spawn(f.loops.executor(0), fulfil(f.server.handlers_ended(), promise));
  EXPECT_EQ(ended.wait_for(50ms), std::future_status::timeout);
  gate.open.set(true);
  ended.get();
  EXPECT_EQ(f.server.handler_count(), 0u);
}

TEST(HttpServerDrain, ServerMayGoWithoutDrain) {
  Loops loops(2);
  loops.start();
  auto server = std::make_unique<HttpServer>(loops, echo);
  RawSocket client(server->listen("127.0.0.1", 0));
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.receive_until("GET /|");
  server.reset();
  EXPECT_EQ(client.receive_all(), "");
}

TEST(HttpServerDrain, LoopsMayStopUnderOpenConnections) {
  std::unique_ptr<RawSocket> client;
  {
    Loops loops(2);
    HttpServer server(loops, echo);
    const auto port = server.listen("127.0.0.1", 0);
    loops.start();
    client = std::make_unique<RawSocket>(port);
    client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client->receive_until("GET /|");
    loops.stop();
    loops.join();
  }
  EXPECT_EQ(client->receive_all(), "");
}

}  // namespace
}  // namespace brume::net::test
