// WebSockets on streams of HTTP/2 (RFC 8441).
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/testing/test_http2_client.h"
#include "net/testing/test_streams.h"
#include "net/testing/test_websocket.h"
#include "net/websocket/handshake.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;

Task<> echo_messages(WebSocket& socket) {
  while (true) {
    auto message = co_await socket.receive();
    if (!message) co_return;
    co_await socket.send(std::move(*message));
  }
}

WebSocketSettings settings{.frame_bytes_max = 4'000'000, .message_bytes_max = 4'000'000};

Task<Response> serve_echo(const Request& request) {
  if (request.path == "/socket" && asks_for_websocket(request))
    co_return accept_websocket(request, settings, echo_messages);
  Response response;
  response.status = request.path == "/plain" ? 200 : 404;
  response.body = "no socket";
  co_return response;
}

/// One WebSocket of a connection.
class Socket {
 public:
  explicit Socket(Http2Client& client, const std::string& path = "/socket", Fields more = {}) : client_(client) {
    client_.run([&] { return client_.settings_came; });
    Fields all{{":method", "CONNECT"}, {":protocol", "websocket"},     {":scheme", "http"}, {":authority", "h"},
               {":path", path},        {"sec-websocket-version", "13"}};
    all.insert(all.end(), more.begin(), more.end());
    id_ = client_.submit(all, &body_);
  }
  bool accepted() {
    client_.run([&] { return !answer().status.empty() || answer().closed; });
    return answer().status == "200";
  }
  void send(Opcode opcode, std::string payload, bool fin = true) {
    body_.bytes += client_frame(opcode, std::move(payload), fin);
    client_.more(id_);
  }
  std::optional<Frame> receive() {
    std::optional<Frame> frame;
    client_.run([&] {
      if (!frame) frame = take_frame(answer().body);
      return frame || answer().closed;
    });
    return frame;
  }
  void end() {
    body_.ended = true;
    client_.more(id_);
  }
  Http2Client::Answer& answer() { return client_.answers[id_]; }
  std::int32_t id() const { return id_; }

 private:
  Http2Client& client_;
  Http2Client::Body body_{"", false};
  std::int32_t id_ = 0;
};

TEST(Http2WebSocket, EchoesBesideOtherRequests) {
  ServerFixture f(serve_echo, {.extended_connect = true});
  Http2Client client(f.port);
  Socket one(client), two(client);
  ASSERT_TRUE(one.accepted());
  ASSERT_TRUE(two.accepted());
  EXPECT_EQ(one.answer().field("sec-websocket-accept"), "");
  one.send(Opcode::text, "first");
  two.send(Opcode::text, "second");
  EXPECT_EQ(two.receive(), (Frame{Opcode::text, "second"}));
  EXPECT_EQ(one.receive(), (Frame{Opcode::text, "first"}));
  EXPECT_EQ(client.finish(client.ask("GET", "/plain")).body, "no socket");
  const std::string large(3'000'000, 'x');  // beyond every window
  one.send(Opcode::binary, large);
  EXPECT_EQ(one.receive(), (Frame{Opcode::binary, large}));
  one.send(Opcode::close, close_with(1000));
  EXPECT_EQ(one.receive(), (Frame{Opcode::close, close_with(1000)}));
  one.end();
  EXPECT_EQ(one.receive(), std::nullopt);
  EXPECT_EQ(one.answer().error, 0u);
  two.send(Opcode::ping, "still");
  EXPECT_EQ(two.receive(), (Frame{Opcode::pong, "still"}));
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 1; }));
}

TEST(Http2WebSocket, WhatIsNoneIsRefused) {
  ServerFixture f(serve_echo, {.extended_connect = true});
  Http2Client client(f.port);
  Socket elsewhere(client, "/other");
  EXPECT_FALSE(elsewhere.accepted());
  EXPECT_EQ(elsewhere.answer().status, "404");
  EXPECT_EQ(client.finish(client.ask("GET", "/socket")).status, "404");
  EXPECT_EQ(client.finish(client.submit({{":method", "CONNECT"}, {":authority", "h"}})).status, "400");
  ServerFixture without(serve_echo);
  Http2Client plain(without.port);
  Socket socket(plain);
  EXPECT_FALSE(socket.accepted()) << "it was not announced";
  EXPECT_NE(socket.answer().error, 0u);
}

TEST(Http2WebSocket, MalformedFramesCloseIt) {
  ServerFixture f(serve_echo, {.extended_connect = true});
  Http2Client client(f.port);
  Socket socket(client);
  ASSERT_TRUE(socket.accepted());
  socket.send(Opcode::continuation, "of nothing");
  const auto frame = socket.receive();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload.substr(0, 2), close_with(1002));
  EXPECT_EQ(socket.receive(), std::nullopt);
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

TEST(Http2WebSocket, ClientThatLeavesOrResetsEndsTheHandler) {
  ServerFixture f(serve_echo, {.extended_connect = true});
  {
    Http2Client client(f.port);
    Socket one(client), two(client), three(client);
    ASSERT_TRUE(one.accepted() && two.accepted() && three.accepted());
    EXPECT_EQ(f.server.handler_count(), 3u);
    nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, one.id(), NGHTTP2_CANCEL);
    client.flush();
    EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 2; }));
    two.end();  // without a close frame
    EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

Task<> send_without_end(WebSocket& socket) {
  const WebSocket::Message message{false, std::string(100'000, 'x')};
  while (co_await socket.send(message) == WebSocket::Sent::yes) {}
}

Task<Response> serve_flood(const Request& request) { co_return accept_websocket(request, {}, send_without_end); }

TEST(Http2WebSocket, SlowReaderIsLost) {
  ServerFixture f(serve_flood, {.bytes_per_second_min = 10'000, .reply_window = 300ms, .extended_connect = true});
  Http2Client client(f.port, false);
  Socket socket(client);
  ASSERT_TRUE(socket.accepted());
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().slow_readers == 1; }));
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

TEST(Http2WebSocket, SilenceAndDrain) {
  settings.idle_max = 400ms;
  ServerFixture f(serve_echo, {.extended_connect = true});
  Http2Client client(f.port);
  Socket silent(client);
  ASSERT_TRUE(silent.accepted());
  EXPECT_EQ(silent.receive(), (Frame{Opcode::close, close_with(1001, "nothing was said for too long")}));
  silent.send(Opcode::close, close_with(1001));
  silent.end();
  EXPECT_EQ(silent.receive(), std::nullopt);
  settings.idle_max = 600s;
  Socket open(client);
  ASSERT_TRUE(open.accepted());
  std::thread drain([&] { f.drain(5s); });
  EXPECT_EQ(open.receive(), (Frame{Opcode::close, close_with(1001, "the server goes away")}));
  open.send(Opcode::close, close_with(1001));
  open.end();
  EXPECT_EQ(open.receive(), std::nullopt);
  const auto start = std::chrono::steady_clock::now();
  drain.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
  EXPECT_EQ(f.server.handler_count(), 0u);
}

}  // namespace
}  // namespace brume::net::test
