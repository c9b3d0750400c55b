// The cases of Autobahn's test suite for servers that echo, by its numbers: frames of RFC 6455 and what answers them.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "net/testing/test_websocket.h"
#include "net/websocket/handshake.h"

namespace brume::net::test {
namespace {

constexpr WebSocketSettings kSettings{.frame_bytes_max = 32 * 1024 * 1024, .message_bytes_max = 32 * 1024 * 1024};

Task<> echo_messages(WebSocket& socket) {
  while (true) {
    auto message = co_await socket.receive();
    if (!message) co_return;
    co_await socket.send(std::move(*message));
  }
}

Task<Response> echo_handler(const Request& request) { co_return accept_websocket(request, kSettings, echo_messages); }

const Frame kClosed1000{Opcode::close, close_with(1000)};

/// What a case sends, and what an echo server has to send until it closes the connection.
struct Case {
  std::vector<std::string> sent;  ///< written one after the other
  std::vector<Frame> echoed;  ///< exactly these first
  int failure = 0;  ///< then a close frame with this code; 0: the client closes with 1000 and has that back
  bool by_octets = false;
};

std::string text(std::string payload, bool fin = true, int reserved = 0) {
  return client_frame(Opcode::text, std::move(payload), fin, reserved);
}
std::string binary(std::string payload, bool fin = true) {
  return client_frame(Opcode::binary, std::move(payload), fin);
}
std::string more(std::string payload, bool fin = true) {
  return client_frame(Opcode::continuation, std::move(payload), fin);
}
std::string ping(std::string payload, bool fin = true) { return client_frame(Opcode::ping, std::move(payload), fin); }
std::string pong(std::string payload, bool fin = true) { return client_frame(Opcode::pong, std::move(payload), fin); }
std::string raw(int opcode, std::string payload = {}) {
  return client_frame(static_cast<Opcode>(opcode), std::move(payload));
}
Frame texted(std::string payload) { return {Opcode::text, std::move(payload)}; }
Frame ponged(std::string payload) { return {Opcode::pong, std::move(payload)}; }

class Autobahn : public testing::Test {
 protected:
  void check(const std::string& number, Case given) {
    SCOPED_TRACE("case " + number);
    WebSocketClient client(fixture_.port);
    for (const std::string& bytes : given.sent) {
      if (!given.by_octets) {
        client.socket().try_send(bytes);
        continue;
      }
      for (char c : bytes)
        if (!client.socket().try_send({&c, 1})) break;
    }
    if (given.failure == 0) client.socket().try_send(client_frame(Opcode::close, close_with(1000)));
    std::vector<Frame> got = client.receive_all();
    ASSERT_FALSE(got.empty());
    const Frame last = got.back();
    got.pop_back();
    EXPECT_EQ(got, given.echoed);
    EXPECT_EQ(last.opcode, Opcode::close);
    EXPECT_EQ(last.payload.substr(0, 2), close_with(given.failure == 0 ? 1000 : given.failure));
    if (given.failure == 0) {
      EXPECT_EQ(last, kClosed1000);
    }
  }
  ServerFixture fixture_{echo_handler};
};

TEST_F(Autobahn, Case1Framing) {
  int number = 0;
  for (const std::size_t size : {0, 125, 126, 127, 128, 65'535, 65'536}) {
    ++number;
    const std::string stars(size, '*'), bytes(size, '\xfe');
    check("1.1." + std::to_string(number), {{text(stars)}, {texted(stars)}});
    check("1.2." + std::to_string(number), {{binary(bytes)}, {{Opcode::binary, bytes}}});
  }
  std::vector<std::string> chopped;
  const std::string stars(65'536, '*'), frame = text(stars), bytes = binary(stars);
  for (std::size_t at = 0; at < frame.size(); at += 997) chopped.push_back(frame.substr(at, 997));
  check("1.1.8", {chopped, {texted(stars)}});
  chopped.clear();
  for (std::size_t at = 0; at < bytes.size(); at += 997) chopped.push_back(bytes.substr(at, 997));
  check("1.2.8", {chopped, {{Opcode::binary, stars}}});
}

TEST_F(Autobahn, Case2PingsAndPongs) {
  const std::string most(125, '\xfe');
  check("2.1", {{ping("")}, {ponged("")}});
  check("2.2", {{ping("Hello, world!")}, {ponged("Hello, world!")}});
  check("2.3", {{ping({"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8})}, {ponged({"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8})}});
  check("2.4", {{ping(most)}, {ponged(most)}});
  check("2.5", {{ping(most + "\xfe")}, {}, 1002});
  check("2.6", {{ping(most)}, {ponged(most)}, 0, true});
  check("2.7", {{pong("")}, {}});
  check("2.8", {{pong("unsolicited pong payload")}, {}});
  check("2.9", {{pong("unsolicited pong payload"), ping("ping payload")}, {ponged("ping payload")}});
  Case ten;
  for (int i = 0; i < 10; ++i) {
    ten.sent.push_back(ping("payload-" + std::to_string(i)));
    ten.echoed.push_back(ponged("payload-" + std::to_string(i)));
  }
  check("2.10", ten);
  ten.by_octets = true;
  check("2.11", ten);
}

TEST_F(Autobahn, Case3ReservedBits) {
  const std::string hello = "Hello, world!";
  check("3.1", {{text(hello, true, 4)}, {}, 1002});
  check("3.2", {{text(hello), text(hello, true, 2), ping("")}, {texted(hello)}, 1002});
  check("3.3", {{text(hello), text(hello, true, 3), ping("")}, {texted(hello)}, 1002});
  check("3.4", {{text(hello), text(hello, true, 4), ping("")}, {texted(hello)}, 1002, true});
  check("3.5", {{client_frame(Opcode::binary, "\x00\xff\xfe", true, 5)}, {}, 1002});
  check("3.6", {{client_frame(Opcode::ping, hello, true, 6)}, {}, 1002});
  check("3.7", {{client_frame(Opcode::close, close_with(1000), true, 7)}, {}, 1002});
}

TEST_F(Autobahn, Case4ReservedOpcodes) {
  for (int i = 0; i < 5; ++i) {
    const std::string number = std::to_string(i + 1);
    check("4.1." + number, {{raw(3 + i, i % 2 ? "reserved opcode payload" : "")}, {}, 1002});
    check("4.2." + number, {{raw(11 + i, i % 2 ? "reserved opcode payload" : "")}, {}, 1002});
    check("4.1." + number + " behind a message", {{text("Hello"), raw(3 + i), ping("")}, {texted("Hello")}, 1002});
  }
}

TEST_F(Autobahn, Case5Fragmentation) {
  check("5.1", {{ping("fragment1", false), more("fragment2")}, {}, 1002});
  check("5.2", {{pong("fragment1", false), more("fragment2")}, {}, 1002});
  check("5.3", {{text("fragment1", false), more("fragment2")}, {texted("fragment1fragment2")}});
  check("5.4", {{text("fragment1", false) + more("fragment2")}, {texted("fragment1fragment2")}});
  check("5.5", {{text("fragment1", false), more("fragment2")}, {texted("fragment1fragment2")}, 0, true});
  check("5.6", {{text("fragment1", false), ping("ping payload"), more("fragment2")},
                {ponged("ping payload"), texted("fragment1fragment2")}});
  check("5.7", {{text("fragment1", false) + ping("ping payload") + more("fragment2")},
                {ponged("ping payload"), texted("fragment1fragment2")}});
  check("5.8", {{text("fragment1", false), ping("ping payload"), more("fragment2")},
                {ponged("ping payload"), texted("fragment1fragment2")},
                0,
                true});
  check("5.9", {{more("non-continuation payload"), text("Hello, world!")}, {}, 1002});
  check("5.10", {{more("non-continuation payload") + text("Hello, world!")}, {}, 1002});
  check("5.11", {{more("non-continuation payload"), text("Hello, world!")}, {}, 1002, true});
  check("5.12", {{more("non-continuation payload", false), text("Hello, world!")}, {}, 1002});
  check("5.13", {{more("non-continuation payload", false) + text("Hello, world!")}, {}, 1002});
  check("5.14", {{more("non-continuation payload", false), text("Hello, world!")}, {}, 1002, true});
  check("5.15", {{text("fragment1", false), more("fragment2"), more("fragment3", false), text("fragment4")},
                 {texted("fragment1fragment2")},
                 1002});
  check("5.16", {{more("fragment1", false), text("fragment2", false), more("fragment3")}, {}, 1002});
  check("5.17", {{more("fragment1"), text("fragment2", false), more("fragment3")}, {}, 1002});
  check("5.18", {{text("fragment1", false), text("fragment2")}, {}, 1002});
  const std::vector<std::string> nineteen{text("fragment1", false), more("fragment2", false), ping("pongme 1!"),
                                          more("fragment3", false), more("fragment4", false), ping("pongme 2!"),
                                          more("fragment5")};
  const std::vector<Frame> answers{ponged("pongme 1!"), ponged("pongme 2!"),
                                   texted("fragment1fragment2fragment3fragment4fragment5")};
  check("5.19", {nineteen, answers});
  check("5.20", {nineteen, answers, 0, true});
}

constexpr std::string_view kKosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

TEST_F(Autobahn, Case6Utf8InFragments) {
  const std::string hello = "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!";
  check("6.1.1", {{text("")}, {texted("")}});
  check("6.1.2", {{text("", false), more("", false), more("")}, {texted("")}});
  check("6.1.3", {{text("", false), more("middle frame payload", false), more("")}, {texted("middle frame payload")}});
  check("6.2.1", {{text(hello)}, {texted(hello)}});
  check("6.2.2", {{text(hello.substr(0, 12), false), more(hello.substr(12))}, {texted(hello)}});
  Case octets;
  for (std::size_t i = 0; i < hello.size(); ++i)
    octets.sent.push_back(i == 0 ? text(hello.substr(0, 1), false) : more(hello.substr(i, 1), i + 1 == hello.size()));
  octets.echoed = {texted(hello)};
  check("6.2.3", octets);
  Case kosme;
  for (std::size_t i = 0; i < kKosme.size(); ++i)
    kosme.sent.push_back(i == 0 ? text(std::string(kKosme.substr(0, 1)), false)
                                : more(std::string(kKosme.substr(i, 1)), i + 1 == kKosme.size()));
  kosme.echoed = {texted(std::string(kKosme))};
  check("6.2.4", kosme);
  const std::string bad = std::string(kKosme) + "\xed\xa0\x80" + "edited";
  check("6.3.1", {{text(bad)}, {}, 1007});
  Case bad_octets;
  for (std::size_t i = 0; i < bad.size(); ++i)
    bad_octets.sent.push_back(i == 0 ? text(bad.substr(0, 1), false) : more(bad.substr(i, 1), i + 1 == bad.size()));
  bad_octets.failure = 1007;
  check("6.3.2", bad_octets);
}

/// 6.4: it fails at the byte that is wrong, while the rest of the frame or message has not been sent.
TEST_F(Autobahn, Case6FailsFast) {
  const std::string good(kKosme), wrong = "\xf4\x90\x80\x80";
  check("6.4.1", {{text(good, false), more(wrong, false)}, {}, 1007});
  check("6.4.2", {{text(good + "\xf4", false), more("\x90", false)}, {}, 1007});
  const std::string whole = text(good + wrong + "edited");
  check("6.4.3", {{whole.substr(0, whole.size() - 6)}, {}, 1007});
  check("6.4.4", {{whole.substr(0, 6 + good.size() + 1), whole.substr(6 + good.size() + 1, 1)}, {}, 1007});
}

TEST_F(Autobahn, Case6Utf8OfAllKinds) {
  const std::map<std::string, std::string> good{
      {"6.5.1", "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!"},
      {"6.6.2", std::string(kKosme.substr(0, 2))},
      {"6.6.5", std::string(kKosme.substr(0, 5))},
      {"6.6.7", std::string(kKosme.substr(0, 7))},
      {"6.6.9", std::string(kKosme.substr(0, 9))},
      {"6.6.11", std::string(kKosme)},
      {"6.7.1", std::string(1, '\0')},
      {"6.7.2", "\xc2\x80"},
      {"6.7.3", "\xe0\xa0\x80"},
      {"6.7.4", "\xf0\x90\x80\x80"},
      {"6.9.1", "\x7f"},
      {"6.9.2", "\xdf\xbf"},
      {"6.9.3", "\xef\xbf\xbf"},
      {"6.9.4", "\xf4\x8f\xbf\xbf"},
      {"6.11.1", "\xed\x9f\xbf"},
      {"6.11.2", "\xee\x80\x80"},
      {"6.11.3", "\xef\xbf\xbd"},
      {"6.11.4", "\xf4\x8f\xbf\xbf"},
      {"6.22.1", "\xef\xbf\xbe"},
      {"6.22.2", "\xef\xbf\xbf"},
      {"6.22.3", "\xf0\x9f\xbf\xbe"},
      {"6.22.34", "\xf4\x8f\xbf\xbf"},
      {"6.23.1", "\xef\xbf\xb9"},
      {"6.23.7", "\xef\xbf\xbf"},
  };
  for (const auto& [number, payload] : good) check(number, {{text(payload)}, {texted(payload)}});
  const std::map<std::string, std::string> bad{
      {"6.6.1", "\xce"},
      {"6.6.3", std::string(kKosme.substr(0, 3))},
      {"6.6.4", std::string(kKosme.substr(0, 4))},
      {"6.6.6", std::string(kKosme.substr(0, 6))},
      {"6.6.8", std::string(kKosme.substr(0, 8))},
      {"6.6.10", std::string(kKosme.substr(0, 10))},
      {"6.8.1", "\xf8\x88\x80\x80\x80"},
      {"6.8.2", "\xfc\x84\x80\x80\x80\x80"},
      {"6.10.1", "\xf7\xbf\xbf\xbf"},
      {"6.10.2", "\xfb\xbf\xbf\xbf\xbf"},
      {"6.10.3", "\xfd\xbf\xbf\xbf\xbf\xbf"},
      {"6.11.5", "\xf4\x90\x80\x80"},
      {"6.12.1", "\x80"},
      {"6.12.2", "\xbf"},
      {"6.12.8", "\x80\xbf\x80\xbf\x80\xbf\xbe"},
      {"6.13.1", "\xc0 \xc1 \xc2 \xc3 \xc4 "},
      {"6.13.2", "\xe0 \xe1 \xe2 \xe3 "},
      {"6.13.3", "\xf0 \xf1 \xf2 "},
      {"6.14.1", "\xc0"},
      {"6.14.2", "\xe0\x80"},
      {"6.14.6", "\xdf"},
      {"6.14.7", "\xef\xbf"},
      {"6.14.8", "\xf7\xbf\xbf"},
      {"6.15.1", "\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80"},
      {"6.16.1", "\xfe"},
      {"6.16.2", "\xff"},
      {"6.16.3", "\xfe\xfe\xff\xff"},
      {"6.17.1", "\xc0\xaf"},
      {"6.17.2", "\xe0\x80\xaf"},
      {"6.17.3", "\xf0\x80\x80\xaf"},
      {"6.18.1", "\xc1\xbf"},
      {"6.18.2", "\xe0\x9f\xbf"},
      {"6.18.3", "\xf0\x8f\xbf\xbf"},
      {"6.19.1", "\xc0\x80"},
      {"6.19.2", "\xe0\x80\x80"},
      {"6.19.3", "\xf0\x80\x80\x80"},
      {"6.20.1", "\xed\xa0\x80"},
      {"6.20.4", "\xed\xaf\xbf"},
      {"6.20.7", "\xed\xbf\xbf"},
      {"6.21.1", "\xed\xa0\x80\xed\xb0\x80"},
      {"6.21.8", "\xed\xaf\xbf\xed\xbf\xbf"},
  };
  for (const auto& [number, payload] : bad) check(number, {{text(payload)}, {}, 1007});
}

TEST_F(Autobahn, Case7Closing) {
  const std::string done = client_frame(Opcode::close, close_with(1000));
  check("7.1.1", {{text("Hello World!")}, {texted("Hello World!")}});
  check("7.1.2", {{done, done}, {}});
  check("7.1.3", {{done, ping("")}, {}});
  check("7.1.4", {{done, text("Hello World!")}, {}});
  check("7.1.5", {{text("fragment1", false), done, more("fragment2")}, {}});
  const std::string long_text(256 * 1024, 'B');
  check("7.1.6", {{text(long_text), done, ping("")}, {texted(long_text)}});
  check("7.3.2", {{client_frame(Opcode::close, "a")}, {}, 1002});
  check("7.3.6", {{client_frame(Opcode::close, close_with(1000, std::string(124, '*')))}, {}, 1002});
  check("7.5.1", {{client_frame(Opcode::close, close_with(1000, std::string(kKosme) + "\xed\xa0\x80"))}, {}, 1007});
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535})
    check("7.9 and 7.13: " + std::to_string(code), {{client_frame(Opcode::close, close_with(code))}, {}, 1002});
}

TEST_F(Autobahn, Case7ClosesThatAreAnswered) {
  const auto closed_by = [&](const std::string& payload) {
    WebSocketClient client(fixture_.port);
    client.send(Opcode::close, payload);
    return client.receive_all();
  };
  const auto close_frame = [](std::string payload) { return std::vector<Frame>{{Opcode::close, std::move(payload)}}; };
  EXPECT_EQ(closed_by(""), close_frame("")) << "7.3.1";
  EXPECT_EQ(closed_by(close_with(1000)), close_frame(close_with(1000))) << "7.3.3";
  EXPECT_EQ(closed_by(close_with(1000, "Hello World!")), close_frame(close_with(1000))) << "7.3.4";
  EXPECT_EQ(closed_by(close_with(1000, std::string(123, '*'))), close_frame(close_with(1000))) << "7.3.5";
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
    EXPECT_EQ(closed_by(close_with(code)), close_frame(close_with(code))) << "7.7: " << code;
}

TEST_F(Autobahn, Case9LongMessages) {
  for (const std::size_t size : {64u * 1024, 256u * 1024, 1024u * 1024, 4u * 1024 * 1024}) {
    const std::string stars(size, '*'), bytes(size, '\xfe');
    check("9.1 and 9.2: " + std::to_string(size),
          {{text(stars), binary(bytes)}, {texted(stars), {Opcode::binary, bytes}}});
  }
  const std::string whole(1024 * 1024, '*');
  for (const std::size_t piece : {64u, 1024u, 65'536u}) {
    std::string sent;
    for (std::size_t at = 0; at < whole.size(); at += piece)
      sent += at == 0 ? text(whole.substr(0, piece), false) : more(whole.substr(at, piece), at + piece >= whole.size());
    check("9.3: " + std::to_string(piece), {{sent}, {texted(whole)}});
  }
}

}  // namespace
}  // namespace brume::net::test
