#include "net/server/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "net/testing/test_support.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  ServerFixture f(echo);
  RawSocket client(f.port);
  for (int i = 0; i < 3; ++i) {
    client.send("POST /p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    const std::string reply = client.receive_until("|body");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n")) << reply;
    EXPECT_NE(reply.find("\r\nContent-Length: 14\r\n"), std::string::npos) << reply;
    EXPECT_NE(reply.find("\r\nDate: "), std::string::npos) << reply;
    EXPECT_NE(reply.find("\r\nConnection: keep-alive\r\n"), std::string::npos) << reply;
    EXPECT_TRUE(reply.ends_with("\r\n\r\nPOST /p?q|body")) << reply;
  }
  EXPECT_EQ(f.server.connection_count(), 1u);
}

struct LoopbackListener {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;
  LoopbackListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd.get(), 128), 0);
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
};

TEST(HttpServer, AdoptedListenerHasFewConnections) {
  ServerFixture f(echo);
  LoopbackListener listening;
  const std::shared_ptr<void> kept = f.server.adopt(std::move(listening.fd));
  std::vector<std::unique_ptr<RawSocket>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawSocket>(listening.port));
    clients.back()->send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  for (int i = 0; i < 256; ++i) EXPECT_TRUE(clients[i]->receive_until("GET /a|").ends_with("GET /a|")) << i;
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(f.server.connection_count(), 256u);
  RawSocket other(f.port);
  other.send("GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(other.receive_until("GET /c|").ends_with("GET /c|"));
  // The others waited for their turn.
  clients.erase(clients.begin(), clients.begin() + 256);
  for (auto& client : clients) EXPECT_TRUE(client->receive_until("GET /a|").ends_with("GET /a|"));
}

TEST(HttpServer, AdoptedListenerIsServedUntilItIsLetGo) {
  ServerFixture f(echo);
  LoopbackListener listening;
  const std::uint16_t port = listening.port;

  std::shared_ptr<void> kept = f.server.adopt(std::move(listening.fd));
  RawSocket client(port);
  client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.receive_until("GET /a|").ends_with("GET /a|"));
  kept.reset();
  bool taken = true;
  for (int tries = 0; taken && tries < 1000; ++tries) {
    std::this_thread::sleep_for(1ms);
    try {
      const RawSocket another(port);
    } catch (const std::exception&) {
      taken = false;
    }
  }
  EXPECT_FALSE(taken) << "it still listens";
  // What came in through it stays, and so does the server's own listener.
  client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.receive_until("GET /b|").ends_with("GET /b|"));
  RawSocket other(f.port);
  other.send("GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(other.receive_until("GET /c|").ends_with("GET /c|"));
}

TEST(HttpServer, ClosesWhenAskedTo) {
  ServerFixture f(echo);
  for (const char* request : {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    RawSocket client(f.port);
    client.send(request);
    const std::string reply = client.receive_all();
    EXPECT_NE(reply.find("\r\nConnection: close\r\n"), std::string::npos) << reply;
    EXPECT_TRUE(reply.ends_with("GET /|")) << reply;
  }
  RawSocket client(f.port);
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(client.receive_until("GET /|").find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  client.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.receive_all().ends_with("GET /2|"));
}

Task<Response> close_reply(const Request&) {
  Response response;
  response.headers.emplace_back("Connection", "close");
  co_return response;
}

TEST(HttpServer, HandlerMayClose) {
  ServerFixture f(close_reply);
  RawSocket client(f.port);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(count_of(client.receive_until("\r\n\r\n"), "Connection: close"), 1u);
  client.end_sending();
  EXPECT_EQ(client.receive_all(), "");
}

TEST(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  ServerFixture f(echo);
  RawSocket client(f.port);
  std::string requests;
  for (int i = 0; i < 100; ++i)
    requests += "POST /" + std::to_string(i) +
                " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
  requests += "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  client.send(requests);
  const std::string replies = client.receive_all();
  EXPECT_EQ(count_of(replies, "HTTP/1.1 200 OK"), 101u);
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    at = replies.find("POST /" + std::to_string(i) + "|x", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_TRUE(replies.ends_with("GET /end|"));
}

TEST(HttpServer, TakesBytesOneByOne) {
  ServerFixture f(echo);
  RawSocket client(f.port);
  for (char c : std::string("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")) client.send({&c, 1});
  EXPECT_TRUE(client.receive_until("|abc").ends_with("POST /|abc"));
}

TEST(HttpServer, LargeBodiesBothWays) {
  ServerFixture f(echo);
  RawSocket client(f.port);
  const std::string body(3'000'000, 'z');
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n" + body);
  const std::string reply = client.receive_all();
  EXPECT_TRUE(reply.ends_with("PUT /|" + body));
}

TEST(HttpServer, HeadHasNoBody) {
  ServerFixture f(echo);
  RawSocket client(f.port);
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string reply = client.receive_all();
  EXPECT_NE(reply.find("Content-Length: 7\r\n"), std::string::npos) << reply;
  EXPECT_TRUE(reply.ends_with("\r\n\r\n")) << reply;
}

TEST(HttpServer, ContinueIsSentOnlyWhenTheBodyWillBeRead) {
  ServerFixture f(echo, {.body_bytes_max = 100});
  {
    RawSocket client(f.port);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    EXPECT_TRUE(client.receive_until("|abc").starts_with("HTTP/1.1 200 OK\r\n"));
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_TRUE(client.receive_until("|abc").starts_with("HTTP/1.1 200 OK\r\n")) << "the body was there already";
  }
  RawSocket large(f.port);
  large.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
  EXPECT_TRUE(large.receive_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  RawSocket unknown(f.port);
  unknown.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(unknown.receive_until("\r\n\r\n").starts_with("HTTP/1.1 417 "));
}

TEST(HttpServer, RefusesAndClosesAfterAnsweringWhatCameBefore) {
  ServerFixture f(echo);
  RawSocket client(f.port);
  client.send(
      "GET /good HTTP/1.1\r\nHost: h\r\n\r\nGET /bad HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  client.end_sending();
  const std::string replies = client.receive_all();
  EXPECT_TRUE(replies.starts_with("HTTP/1.1 200 OK\r\n")) << replies;
  EXPECT_NE(replies.find("HTTP/1.1 400 Bad Request\r\n"), std::string::npos) << replies;
  EXPECT_EQ(replies.find("/smuggled"), std::string::npos) << replies;
  EXPECT_TRUE(replies.ends_with("Connection: close\r\n\r\nBad Request\n")) << replies;
}

Response own_error(int status, const Request*) { return Response{status, {{"X-Own", "yes"}}, "{}"}; }

Task<Response> failing(const Request& request) {
  if (request.path == "/odd") throw 42;
  throw std::runtime_error("on purpose");
}

TEST(HttpServer, FailingHandlerIsAnswered500AndTheConnectionGoesOn) {
  ServerFixture f(failing, {}, own_error);
  RawSocket client(f.port);
  for (const char* path : {"/", "/odd"}) {
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string reply = client.receive_until("{}");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 500 Internal Server Error\r\nX-Own: yes\r\n")) << reply;
  }
}

Task<Response> describe(const Request& request) {
  Response response;
  response.body = std::string(request.peer_address) + (request.peer_port != 0 ? " port" : " none") +
                  (request.secure ? " secure" : " plain") + " 1." + std::to_string(request.version_minor);
  co_return response;
}

TEST(HttpServer, KnowsThePeer) {
  ServerFixture f(describe);
  RawSocket client(f.port);
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.receive_all().ends_with("127.0.0.1 port plain 1.0"));
}

TEST(HttpServer, ListensOnAUnixSocketAndRemovesIt) {
  TempDir dir;
  const std::string path = dir.file("socket");
  {
    ServerFixture f(describe);
    f.server.listen_unix(path);
    RawSocket client(path);
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.receive_all().ends_with(" none plain 1.1"));
    EXPECT_THROW(f.server.listen_unix(path), std::system_error);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(HttpServer, ListenReportsWhatIsWrong) {
  ServerFixture f(echo);
  EXPECT_THROW(f.server.listen("127.0.0.1", f.port), std::system_error);
  EXPECT_THROW(f.server.listen("not an address", 0), std::system_error);
}

}  // namespace
}  // namespace brume::net::test
