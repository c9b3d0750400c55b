// WebSockets on HTTP/1.1: the handshake, limits, both directions at once, compression, ends.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "net/testing/test_streams.h"
#include "net/testing/test_websocket.h"
#include "net/websocket/handshake.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

Task<> echo_messages(WebSocket& socket) {
  while (true) {
    auto message = co_await socket.receive();
    if (!message) co_return;
    co_await socket.send(std::move(*message));
  }
}

Task<Response> ready(Response response) { co_return response; }

/// A server whose every address is a WebSocket.
ServerFixture serve(WebSocket::Handler handler, WebSocketSettings settings = {}, ServerLimits limits = {}) {
  return ServerFixture(
      [handler = std::move(handler), settings](const Request& request) {
        const auto offered = offered_subprotocols(request);
        return ready(accept_websocket(request, settings, handler, offered.empty() ? "" : offered.front()));
      },
      limits);
}

std::string answer_to(std::uint16_t port, const std::string& request) {
  RawSocket client(port);
  client.send(request);
  client.end_sending();
  return client.receive_until("\r\n\r\n");
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(WebSocketHandshake, AnswersAsTheRfcSays) {
  auto f = serve(echo_messages);
  WebSocketClient client(f.port, "Sec-WebSocket-Protocol: chat, superchat\r\n");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << client.answer();
  for (const std::string line :
       {"Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
        "Sec-WebSocket-Protocol: chat\r\n"})
    EXPECT_NE(client.answer().find(line), std::string::npos) << line << client.answer();
  EXPECT_EQ(client.answer().find("Content-Length"), std::string::npos);
  EXPECT_EQ(client.answer().find("Sec-WebSocket-Extensions"), std::string::npos);
}

TEST(WebSocketHandshake, FramesMayComeBehindTheRequest) {
  auto f = serve(echo_messages);
  WebSocketClient client(f.port, "", client_frame(Opcode::text, "early") + client_frame(Opcode::text, "birds"));
  EXPECT_EQ(client.receive(), (Frame{Opcode::text, "early"}));
  EXPECT_EQ(client.receive(), (Frame{Opcode::text, "birds"}));
}

TEST(WebSocketHandshake, WhatIsNotOneIsRefused) {
  auto f = serve(echo_messages);
  const std::string good = WebSocketClient::request();
  EXPECT_TRUE(answer_to(f.port, good).starts_with("HTTP/1.1 101 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, "websocket", "WebSocket, other")).starts_with("HTTP/1.1 101 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, ": Upgrade", ": keep-alive, upgrade")).starts_with("HTTP/1.1 101 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, "GET", "POST")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, "HTTP/1.1", "HTTP/1.0")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, ": Upgrade", ": close")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, "dGhl", "")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(f.port, replaced(good, "\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
                  .starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(
      answer_to(f.port, replaced(good, "\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(f.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 426 "));
  const std::string old = answer_to(f.port, replaced(good, "Version: 13", "Version: 8"));
  EXPECT_TRUE(old.starts_with("HTTP/1.1 426 ")) << old;
  EXPECT_NE(old.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos) << old;
}

TEST(WebSocketLimits, FramesAndMessagesAreRefusedBeforeTheyCome) {
  auto f = serve(echo_messages, {.frame_bytes_max = 1000, .message_bytes_max = 1500});
  const auto refused = [&](const std::string& bytes) {
    WebSocketClient client(f.port);
    client.send_bytes(bytes);
    const auto frames = client.receive_all();
    return frames.size() == 1 && frames[0].opcode == Opcode::close &&
           frames[0].payload.substr(0, 2) == close_with(1009);
  };
  // Heads alone: the payload never comes.
  std::string head;
  append_frame_head(head, {.opcode = Opcode::binary, .masked = true, .length = 1001});
  EXPECT_TRUE(refused(head));
  head.clear();
  append_frame_head(head, {.opcode = Opcode::binary, .masked = true, .length = (std::uint64_t{1} << 63) - 1});
  EXPECT_TRUE(refused(head));
  head = client_frame(Opcode::text, std::string(1000, 'x'), false);
  append_frame_head(head, {.opcode = Opcode::continuation, .masked = true, .length = 501});
  EXPECT_TRUE(refused(head));
  WebSocketClient client(f.port);
  client.send(Opcode::text, std::string(1000, 'x'), false);
  client.send(Opcode::continuation, std::string(500, 'y'));
  EXPECT_EQ(client.receive(), (Frame{Opcode::text, std::string(1000, 'x') + std::string(500, 'y')}));
}

TEST(WebSocketLimits, ForbiddenFramesAre1002) {
  auto f = serve(echo_messages);
  const auto closed_with = [&](const std::string& bytes) {
    WebSocketClient client(f.port);
    client.send_bytes(bytes);
    const auto frames = client.receive_all();
    return frames.size() == 1 ? frames[0].payload.substr(0, 2) : "";
  };
  EXPECT_EQ(closed_with(std::string("\x81\x03"
                                    "abc")),
            close_with(1002))
      << "not masked";
  EXPECT_EQ(closed_with(std::string("\x81\xfe\x00\x05"
                                    "mask",
                                    8)),
            close_with(1002))
      << "16 bits for a short length";
  EXPECT_EQ(closed_with(std::string("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"
                                    "mask",
                                    14)),
            close_with(1002))
      << "64 bits";
  EXPECT_EQ(closed_with(std::string("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"
                                    "mask",
                                    14)),
            close_with(1002))
      << "beyond 2^63";
  EXPECT_EQ(closed_with(client_frame(Opcode::text, "x", true, 4)), close_with(1002))
      << "compression that was not agreed on";
}

TEST(WebSocketLimits, MemoryForLongMessagesIsShared) {
  auto f = serve(echo_messages, {.frame_bytes_max = 10'000'000, .message_bytes_max = 10'000'000},
                 {.body_memory_max = 2 * 1024 * 1024});
  WebSocketClient client(f.port);
  client.send_bytes(client_frame(Opcode::binary, std::string(3'000'000, 'x')).substr(0, 2'900'000));
  const auto frames = client.receive_all();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].payload.substr(0, 2), close_with(1013));
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().request_bytes == 0; }));
}

TEST(WebSocketPace, MessageThatNeverEndsIsCutOff) {
  auto f = serve(echo_messages, {.message_time_max = 300ms, .close_wait = 200ms});
  WebSocketClient client(f.port);
  client.send(Opcode::text, "begun", false);
  const auto frames = client.receive_all();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0], (Frame{Opcode::close, close_with(1008, "a message came too slowly")}));
}

TEST(WebSocketPace, SilentClientIsClosedAndOneThatPingsIsNot) {
  auto f = serve(echo_messages, {.idle_max = 1500ms, .close_wait = 200ms});
  WebSocketClient silent(f.port), lively(f.port);
  const auto start = Steady::now();
  std::thread pings([&] {
    for (int i = 0; i < 20; ++i) {
      lively.send(Opcode::ping, "");
      std::this_thread::sleep_for(100ms);
    }
  });
  const auto frames = silent.receive_all();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].payload.substr(0, 2), close_with(1001));
  EXPECT_GE(Steady::now() - start, 1400ms);
  pings.join();
  lively.send(Opcode::text, "still here");
  Frame last;
  while (auto frame = lively.receive()) {
    last = *frame;
    if (last.opcode == Opcode::text) break;
  }
  EXPECT_EQ(last, (Frame{Opcode::text, "still here"}));
}

TEST(WebSocketPace, SlowReaderSlowsItsSenderAndIsLost) {
  auto sent = std::make_shared<std::atomic<int>>(0);
  auto outcome = std::make_shared<std::atomic<int>>(-1);
  auto f = serve(
      [sent, outcome](WebSocket& socket) -> Task<> {
        return [](WebSocket& socket, std::shared_ptr<std::atomic<int>> sent,
                  std::shared_ptr<std::atomic<int>> outcome) -> Task<> {
          const WebSocket::Message message{false, std::string(100'000, 'x')};
          while (*outcome == -1) {
            const WebSocket::Sent result = co_await socket.send(message);
            if (result == WebSocket::Sent::yes) ++*sent;
            else *outcome = static_cast<int>(result);
          }
        }(socket, sent, outcome);
      },
      {}, {.bytes_per_second_min = 10'000, .reply_window = 500ms});
  WebSocketClient client(f.port);
  client.socket().shrink_receive_buffer();
  EXPECT_TRUE(eventually([&] { return *outcome != -1; }));
  EXPECT_EQ(*outcome, static_cast<int>(WebSocket::Sent::closed));
  EXPECT_LT(*sent, 300) << "what the kernel took";
  EXPECT_EQ(f.server.body_counts().slow_readers, 1u);
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

TEST(WebSocketPace, ReceiverThatPausesSlowsItsClient) {
  auto go = std::make_shared<std::atomic<bool>>(false);
  auto got = std::make_shared<std::atomic<int>>(0);
  auto f = serve([go, got](WebSocket& socket) {
    return
        [](WebSocket& socket, std::shared_ptr<std::atomic<bool>> go, std::shared_ptr<std::atomic<int>> got) -> Task<> {
          while (!*go) co_await sleep_for(5ms);
          while (true) {
            const auto message = co_await socket.receive();
            if (!message) co_return;
            ++*got;
          }
        }(socket, go, got);
  });
  WebSocketClient client(f.port);
  std::atomic<int> sent = 0;
  std::thread sender([&] {
    for (; sent < 200; ++sent) client.send(Opcode::binary, std::string(100'000, 'x'));
  });
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(sent, 150) << "what both kernels took";
  EXPECT_EQ(*got, 0);
  *go = true;
  sender.join();
  EXPECT_TRUE(eventually([&] { return *got == 200; }));
}

TEST(WebSocketSending, ManySendersAreServedInTurnAndBounded) {
  auto refused = std::make_shared<std::atomic<int>>(0);
  auto f = serve(
      [refused](WebSocket& socket) {
        return [](WebSocket& socket, std::shared_ptr<std::atomic<int>> refused) -> Task<> {
          const LoopExecutor loop = co_await this_loop;
          for (int i = 0; i < 100; ++i) {
            spawn(loop,
                  [](std::shared_ptr<WebSocket> socket, int i, std::shared_ptr<std::atomic<int>> refused) -> Task<> {
                    WebSocket::Message message{true, std::to_string(i) + std::string(1'000'000, '.')};
                    const auto sent = co_await socket->send(std::move(message));
                    if (sent == WebSocket::Sent::no_room) ++*refused;
                  }(socket.shared_from_this(), i, refused));
          }
          while (co_await socket.receive()) {}
        }(socket, refused);
      },
      {.waiting_bytes_max = 20'000'000});
  WebSocketClient client(f.port);
  EXPECT_TRUE(eventually([&] { return *refused > 0; }));
  int next = 0;
  while (next + *refused < 100) {
    const auto frame = client.receive();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload.substr(0, frame->payload.find('.')), std::to_string(next++));
  }
  EXPECT_GE(next, 20);
  EXPECT_EQ(next + *refused, 100);
  client.send(Opcode::close, close_with(1000));
  EXPECT_EQ(client.receive(), (Frame{Opcode::close, close_with(1000)}));
}

TEST(WebSocketClosing, HandlerThatReturnsOrFails) {
  auto returns = serve([](WebSocket& socket) { return [](WebSocket& s) -> Task<> { co_await s.receive(); }(socket); });
  WebSocketClient one(returns.port);
  one.send(Opcode::text, "x");
  EXPECT_EQ(one.receive(), (Frame{Opcode::close, close_with(1000)}));
  one.send(Opcode::text, "not heard any more");
  one.send(Opcode::close, close_with(1000));
  EXPECT_EQ(one.receive(), std::nullopt);
  auto fails = serve([](WebSocket& socket) {
    return [](WebSocket& s) -> Task<> {
      co_await s.receive();
      throw std::runtime_error("a fault");
    }(socket);
  });
  WebSocketClient two(fails.port);
  two.send(Opcode::text, "x");
  EXPECT_EQ(two.receive(), (Frame{Opcode::close, close_with(1011, "internal error")}));
}

TEST(WebSocketClosing, HandlerSeesHowItEnded) {
  auto code = std::make_shared<std::atomic<int>>(0);
  auto f = serve([code](WebSocket& socket) {
    return [](WebSocket& socket, std::shared_ptr<std::atomic<int>> code) -> Task<> {
      while (co_await socket.receive()) {}
      *code = socket.code();
    }(socket, code);
  });
  {
    WebSocketClient client(f.port);
    client.send(Opcode::close, close_with(4001, "enough"));
    EXPECT_EQ(client.receive_all().size(), 1u);
  }
  EXPECT_EQ(*code, 4001);
  { WebSocketClient client(f.port); }
  EXPECT_TRUE(eventually([&] { return *code == 1006; })) << *code;
}

TEST(WebSocketClosing, ClientThatDoesNotAnswerACloseIsNotWaitedForLong) {
  auto f = serve([](WebSocket& socket) { return [](WebSocket& s) -> Task<> { co_await s.close(4000, "go"); }(socket); },
                 {.close_wait = 300ms});
  WebSocketClient client(f.port);
  EXPECT_EQ(client.receive(), (Frame{Opcode::close, close_with(4000, "go")}));
  const auto start = Steady::now();
  EXPECT_EQ(client.receive(), std::nullopt);
  EXPECT_LT(Steady::now() - start, 3s);
  EXPECT_TRUE(eventually([&] { return f.server.connection_count() == 0; }));
}

TEST(WebSocketClosing, DrainSaysGoingAway) {
  auto f = serve(echo_messages);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(f.port));
    clients.back()->send(Opcode::text, "hello");
    EXPECT_EQ(clients.back()->receive(), (Frame{Opcode::text, "hello"}));
  }
  EXPECT_EQ(f.server.handler_count(), 20u);
  std::thread answers([&] {
    for (auto& client : clients) {
      EXPECT_EQ(client->receive(), (Frame{Opcode::close, close_with(1001, "the server goes away")}));
      client->send(Opcode::close, close_with(1001));
      client->socket().end_sending();
      EXPECT_EQ(client->receive(), std::nullopt);
    }
  });
  const auto start = Steady::now();
  f.drain(5s);
  EXPECT_LT(Steady::now() - start, 2s);
  answers.join();
  EXPECT_EQ(f.server.connection_count(), 0u);
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

TEST(WebSocketClosing, DrainEndsWithTheGraceWhenClientsDoNotAnswer) {
  auto f = serve(echo_messages, {.close_wait = 60s});
  WebSocketClient client(f.port);
  client.send(Opcode::text, "hello");
  EXPECT_EQ(client.receive(), (Frame{Opcode::text, "hello"}));
  const auto start = Steady::now();
  f.drain(300ms);
  EXPECT_LT(Steady::now() - start, 3s);
  EXPECT_EQ(client.receive_all().size(), 1u);
  EXPECT_TRUE(eventually([&] { return f.server.handler_count() == 0; }));
}

/// Autobahn's cases 12 and 13, as far as its parameters matter to a server.
TEST(WebSocketDeflate, EchoesCompressedMessages) {
  for (const auto policy : {DeflatePolicy::each_message, DeflatePolicy::context}) {
    for (const std::string offer :
         {"permessage-deflate", "permessage-deflate; client_max_window_bits; server_max_window_bits=9",
          "permessage-deflate; client_no_context_takeover; server_no_context_takeover"}) {
      auto f = serve(echo_messages, {.deflate = policy});
      WebSocketClient client(f.port, "Sec-WebSocket-Extensions: " + offer + "\r\n");
      const bool client_remembers = client.answer().find("client_no_context_takeover") == std::string::npos;
      const bool server_remembers = client.answer().find("server_no_context_takeover") == std::string::npos;
      MessageDeflater deflater(client_remembers, 15);
      MessageInflater inflater(server_remembers);
      for (const std::size_t size : {0, 1, 63, 64, 1000, 70'000}) {
        for (int i = 0; i < 3; ++i) {
          std::string text;
          while (text.size() < size) text += "{\"key\": " + std::to_string(text.size() % 91) + "}";
          text.resize(size);
          std::string payload = deflater.deflate(text);
          const std::size_t half = payload.size() / 2;
          client.send(Opcode::text, payload.substr(0, half), false, 4);
          client.send(Opcode::ping, "between");
          client.send(Opcode::continuation, payload.substr(half));
          EXPECT_EQ(client.receive(), (Frame{Opcode::pong, "between"}));
          const auto frame = client.receive();
          ASSERT_TRUE(frame) << offer << size;
          std::string got = frame->payload;
          if (frame->compressed) {
            got.clear();
            ASSERT_EQ(inflater.add(frame->payload, got, 100'000), MessageInflater::Result::good);
            ASSERT_EQ(inflater.end(got, 100'000), MessageInflater::Result::good);
            EXPECT_LT(frame->payload.size(), size);
          }
          EXPECT_EQ(got, text);
        }
      }
    }
  }
}

TEST(WebSocketDeflate, BombsAndRubbishAreRefused) {
  auto f = serve(echo_messages, {.message_bytes_max = 100'000, .deflate = DeflatePolicy::each_message});
  const auto closed_with = [&](std::string payload, Opcode opcode = Opcode::binary) {
    WebSocketClient client(f.port, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    client.send(opcode, std::move(payload), true, 4);
    const auto frames = client.receive_all();
    return frames.size() == 1 ? frames[0].payload.substr(0, 2) : "";
  };
  MessageDeflater deflater(false, 15);
  EXPECT_EQ(closed_with(deflater.deflate(std::string(10'000'000, '0'))), close_with(1009));
  EXPECT_EQ(closed_with("\xff\xff\xff\xff\xff"), close_with(1007));
  EXPECT_EQ(closed_with(deflater.deflate(std::string(100, '\xff')), Opcode::text), close_with(1007));
  WebSocketClient client(f.port, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  client.send(Opcode::text, deflater.deflate("abc").substr(0, 1), false, 4);
  client.send(Opcode::continuation, "x", true, 4);
  EXPECT_EQ(client.receive_all().at(0).payload.substr(0, 2), close_with(1002)) << "RSV1 belongs to the first frame";
}

TEST(WebSocketOverTls, Echoes) {
  TempDir files;
  write_certificate(files.file("c.pem"), files.file("k.pem"));
  ServerFixture f(
      [](const Request& request) -> Task<Response> { co_return accept_websocket(request, {}, echo_messages); }, {}, {},
      1, TlsContext::server(files.file("c.pem"), files.file("k.pem")));
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::io_context io;
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
  stream.lowest_layer().connect({asio::ip::make_address("127.0.0.1"), f.port});
  stream.handshake(asio::ssl::stream_base::client);
  std::string long_text(100'000, 'x');
  asio::write(stream, asio::buffer(WebSocketClient::request() + client_frame(Opcode::text, "early")));
  asio::write(stream,
              asio::buffer(client_frame(Opcode::text, long_text) + client_frame(Opcode::close, close_with(1000))));
  std::string got;
  boost::system::error_code error;
  while (!error) {
    char piece[10'000];
    const std::size_t count = stream.read_some(asio::buffer(piece), error);
    got.append(piece, count);
  }
  got.erase(0, got.find("\r\n\r\n") + 4);
  EXPECT_EQ(take_frame(got), (Frame{Opcode::text, "early"}));
  EXPECT_EQ(take_frame(got), (Frame{Opcode::text, long_text}));
  EXPECT_EQ(take_frame(got), (Frame{Opcode::close, close_with(1000)}));
  EXPECT_EQ(got, "");
}

}  // namespace
}  // namespace brume::net::test
