#include "net/client/http_client.h"

#include <gtest/gtest.h>

#include <atomic>

#include "net/testing/test_support.h"
#include "net/transport/tls.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;
using Reason = ClientError::Reason;

struct ClientTest : testing::Test {
  Loops loops{1};
  HttpClient client;

  ClientTest() { loops.start(); }
  Response send(ClientRequest request, std::optional<std::chrono::milliseconds> timeout = std::nullopt) {
    return run_on(loops.executor(0), client.send(std::move(request), timeout));
  }
  std::future<Response> send_async(ClientRequest request) {
    return std::async(std::launch::async, [this, request] { return send(request); });
  }
  Reason failure(ClientRequest request, std::optional<std::chrono::milliseconds> timeout = std::nullopt) {
    try {
      send(std::move(request), timeout);
    } catch (const ClientError& e) {
      return e.reason;
    }
    ADD_FAILURE() << "no error";
    return Reason::bad_url;
  }
};
using HttpClientTest = ClientTest;

TEST_F(HttpClientTest, SendsAndReceives) {
  ServerFixture f(echo);
  const Response response = send({.method = "POST", .url = f.url("/a?b"), .body = "text"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "POST /a?b|text");
  EXPECT_EQ(send({.method = "HEAD", .url = f.url()}).body, "");
  const std::string large(2'000'000, 'y');
  EXPECT_EQ(send({.method = "PUT", .url = f.url(), .body = large}).body, "PUT /|" + large);
  EXPECT_EQ(send({.url = "http://localhost:" + std::to_string(f.port) + "/l"}).body, "GET /l|");
  EXPECT_EQ(send({.url = "http://some.api.localhost:" + std::to_string(f.port) + "/l"}).body, "GET /l|");
}

TEST_F(HttpClientTest, StaysWithinItsEgress) {
  ServerFixture f(echo);
  const std::string port = ":" + std::to_string(f.port) + "/";
  const auto outcome = [&](HttpClient& caller, std::string host) -> std::string {
    try {
      run_on(loops.executor(0), caller.send({.url = "http://" + host + port}, 2s));
      return "called";
    } catch (const ClientError& e) {
      return e.reason == Reason::forbidden ? "forbidden" : "tried";
    }
  };
  HttpClient closed({.egress = {.loopback = false, .link_local = false}});
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "some.localhost", "[::1]", "[::ffff:127.0.0.1]",
                           "0.0.0.0", "[::]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"})
    EXPECT_EQ(outcome(closed, host), "forbidden") << host;
  for (const char* host :
       {"169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]"})
    EXPECT_EQ(outcome(closed, host), "forbidden") << host;
  HttpClient loopback({.egress = {.loopback = true, .link_local = false}});
  EXPECT_EQ(outcome(loopback, "127.0.0.1"), "called");
  EXPECT_EQ(outcome(loopback, "169.254.169.254"), "forbidden");
}

TEST_F(HttpClientTest, TheCallersLimitStopsAResponseWhileItIsRead) {
  const auto large = [](const Request&) -> Task<Response> {
    Response response;
    response.body.assign(1'000'000, 'x');
    co_return response;
  };
  ServerFixture f(large);
  EXPECT_EQ(send({.url = f.url(), .response_bytes_max = 1'000'000}).body.size(), 1'000'000u);
  EXPECT_EQ(failure({.url = f.url(), .response_bytes_max = 999'999}), Reason::too_large);
}

TEST_F(HttpClientTest, ReusesTheConnection) {
  ServerFixture f(echo);
  for (int i = 0; i < 5; ++i) send({.method = "POST", .url = f.url(), .body = "x"});
  EXPECT_EQ(f.server.connection_count(), 1u);
}

TEST_F(HttpClientTest, WritesTheHeadersThatAreMissing) {
  RawListener listener;
  auto response =
      send_async({.method = "POST", .url = listener.url("/x"), .headers = {{"A", "b"}, {"content-length", "7"}}});
  auto peer = listener.accept();
  EXPECT_EQ(peer->receive_until("\r\n\r\n"), "POST /x HTTP/1.1\r\nA: b\r\nHost: 127.0.0.1:" +
                                                 std::to_string(listener.port()) + "\r\nContent-Length: 0\r\n\r\n");
  peer->send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(response.get().status, 204);
}

TEST_F(HttpClientTest, ReadsBodiesUntilClose) {
  RawListener listener;
  auto response = send_async({.url = listener.url()});
  auto peer = listener.accept();
  peer->receive_until("\r\n\r\n");
  peer->send("HTTP/1.1 200 OK\r\n\r\nab");
  peer->send("cd");
  peer.reset();
  EXPECT_EQ(response.get().body, "abcd");
}

/// Serves one request on `listener`, then closes the connection after the next request without an answer.
struct StalePeer {
  RawListener listener;
  std::unique_ptr<RawSocket> first;

  void begin(HttpClientTest& test, const std::string& method) {
    auto response = test.send_async({.method = method, .url = listener.url()});
    first = listener.accept();
    first->receive_until("\r\n\r\n");
    first->send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    EXPECT_EQ(response.get().body, "1");
  }
  void drop_next() {
    first->receive_until("\r\n\r\n");
    first.reset();
  }
};

TEST_F(HttpClientTest, IdempotentRequestIsSentAgainWhenTheReusedConnectionWasStale) {
  StalePeer stale;
  stale.begin(*this, "GET");
  auto response = send_async({.url = stale.listener.url()});
  stale.drop_next();
  auto second = stale.listener.accept();
  second->receive_until("\r\n\r\n");
  second->send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
  EXPECT_EQ(response.get().body, "2");
}

TEST_F(HttpClientTest, OtherRequestsAreNotSentAgain) {
  StalePeer stale;
  stale.begin(*this, "POST");
  auto failed =
      std::async(std::launch::async, [&] { return failure({.method = "POST", .url = stale.listener.url()}); });
  stale.drop_next();
  EXPECT_EQ(failed.get(), Reason::closed);
}

TEST_F(HttpClientTest, NothingIsSentAgainOnceTheResponseHasBegun) {
  StalePeer stale;
  stale.begin(*this, "GET");
  auto failed = std::async(std::launch::async, [&] { return failure({.url = stale.listener.url()}); });
  stale.first->receive_until("\r\n\r\n");
  stale.first->send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1");
  stale.first.reset();
  EXPECT_EQ(failed.get(), Reason::closed);
}

TEST_F(HttpClientTest, ConnectionThatThePeerClosedWhileIdleIsNotUsed) {
  StalePeer stale;
  stale.begin(*this, "POST");
  stale.first.reset();
  auto response = send_async({.method = "POST", .url = stale.listener.url()});
  auto second = stale.listener.accept();
  second->receive_until("\r\n\r\n");
  second->send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
  EXPECT_EQ(response.get().body, "2");
}

TEST_F(HttpClientTest, DeadlineCoversTheWholeCall) {
  RawListener listener;
  EXPECT_EQ(failure({.url = listener.url()}, 50ms), Reason::timeout) << "nothing comes";
  auto failed = std::async(std::launch::async, [&] { return failure({.url = listener.url()}, 200ms); });
  auto abandoned = listener.accept();
  auto peer = listener.accept();
  peer->receive_until("\r\n\r\n");
  peer->send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
  while (peer->try_send("x") && failed.wait_for(10ms) == std::future_status::timeout) {}
  EXPECT_EQ(failed.get(), Reason::timeout) << "it trickles";
}

TEST_F(HttpClientTest, NamesTheReason) {
  std::uint16_t closed_port = 0;
  {
    RawListener listener;
    closed_port = listener.port();
  }
  EXPECT_EQ(failure({.url = "http://127.0.0.1:" + std::to_string(closed_port)}), Reason::connect);
  EXPECT_EQ(failure({.url = "gopher://h/"}), Reason::bad_url);
  EXPECT_EQ(failure({.url = "http://h/", .headers = {{"A", "b\r\nC: d"}}}), Reason::protocol);
  EXPECT_EQ(failure({.method = "GET / HTTP/1.1\r\nX:", .url = "http://h/"}), Reason::protocol);

  RawListener listener;
  for (const auto& [bytes, reason] : std::vector<std::pair<std::string, Reason>>{
           {"", Reason::closed},
           {"SSH-2.0\r\n\r\n", Reason::protocol},
           {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", Reason::too_large},
           {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", Reason::closed}}) {
    auto failed = std::async(std::launch::async, [&] { return failure({.url = listener.url()}); });
    auto peer = listener.accept();
    peer->receive_until("\r\n\r\n");
    peer->send(bytes);
    peer.reset();
    EXPECT_EQ(failed.get(), reason) << bytes;
  }
}

TEST_F(HttpClientTest, EarlyAnswerToALargeBodyIsHeard) {
  ServerFixture f(echo, {.body_bytes_max = 1000});
  EXPECT_EQ(send({.method = "POST", .url = f.url(), .body = std::string(5'000'000, 'x')}).status, 413);
}

struct TlsTest : ClientTest {
  TempDir dir;
  std::shared_ptr<TlsContext> server_tls;

  TlsTest() {
    write_certificate(dir.file("cert.pem"), dir.file("key.pem"));
    server_tls = TlsContext::server(dir.file("cert.pem"), dir.file("key.pem"));
  }
  std::shared_ptr<TlsContext> trusting() {
    auto tls = TlsContext::client();
    tls->context()->load_verify_file(dir.file("cert.pem"));
    return tls;
  }
  Response send_with(std::shared_ptr<TlsContext> tls, const std::string& url, std::string body = {}) {
    HttpClient secure({}, std::move(tls));
    return run_on(loops.executor(0), secure.send({.method = "POST", .url = url, .body = std::move(body)}));
  }
};

Task<Response> secure_echo(const Request& request) {
  Response response;
  response.body = (request.secure ? "secure " : "plain ") + std::string(request.body);
  co_return response;
}

TEST_F(TlsTest, RoundTrip) {
  ServerFixture f(secure_echo, {}, {}, 2, server_tls);
  const std::string port = std::to_string(f.port);
  EXPECT_EQ(send_with(trusting(), "https://localhost:" + port, "by name").body, "secure by name");
  EXPECT_EQ(send_with(trusting(), "https://127.0.0.1:" + port, "by address").body, "secure by address");
  EXPECT_EQ(send_with(TlsContext::client(false), "https://127.0.0.1:" + port, "unchecked").body, "secure unchecked");
  const std::string large(1'000'000, 't');
  EXPECT_EQ(send_with(trusting(), "https://localhost:" + port, large).body, "secure " + large);
}

TEST_F(TlsTest, ConnectionsAreReused) {
  ServerFixture f(secure_echo, {}, {}, 1, server_tls);
  HttpClient secure({}, trusting());
  const std::string url = "https://localhost:" + std::to_string(f.port);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(run_on(loops.executor(0), secure.send({.url = url})).status, 200);
  EXPECT_EQ(f.server.connection_count(), 1u);
}

TEST_F(TlsTest, UntrustedOrMisnamedServerIsRefused) {
  ServerFixture f(secure_echo, {}, {}, 1, server_tls);
  const std::string port = std::to_string(f.port);
  for (const auto& [tls, host] :
       {std::pair{TlsContext::client(), "localhost"}, std::pair{trusting(), "other.localhost"}}) {
    try {
      send_with(tls, std::string("https://") + host + ":" + port);
      ADD_FAILURE() << host;
    } catch (const ClientError& e) {
      EXPECT_EQ(e.reason, Reason::tls) << e.what();
    }
  }
}

TEST(HttpClient, StopEndsCallsUnderWayAndLaterOnes) {
  Loops loops(2);
  loops.start();
  HttpClient client;
  RawListener silent;
  std::vector<std::future<Response>> calls;
  for (std::size_t loop : {0u, 1u}) {
    auto promise = std::make_shared<std::promise<Response>>();
    calls.push_back(promise->get_future());
    spawn(loops.executor(loop), fulfil(client.send({.url = silent.url()}), promise));
  }
  const auto first = silent.accept(), second = silent.accept();
  client.stop();
  for (auto& call : calls) EXPECT_THROW(call.get(), ClientError);
  EXPECT_THROW(run_on(loops.executor(0), client.send({.url = silent.url()})), ClientError);
}

TEST_F(TlsTest, SilentPeerIsGivenUpByBothSides) {
  ServerFixture f(secure_echo, {.header_time_max = 50ms}, {}, 1, server_tls);
  RawSocket silent(f.port);
  EXPECT_EQ(silent.receive_all(), "");
  RawListener listener;
  EXPECT_EQ(failure({.url = "https://127.0.0.1:" + std::to_string(listener.port())}, 50ms), Reason::timeout);
}

TEST_F(TlsTest, NewCertificatesAreForNewHandshakesOnly) {
  ServerFixture f(secure_echo, {}, {}, 1, server_tls);
  const std::string url = "https://localhost:" + std::to_string(f.port);
  const auto old_trust = trusting();
  HttpClient standing({}, old_trust);
  EXPECT_EQ(run_on(loops.executor(0), standing.send({.url = url})).status, 200);
  write_certificate(dir.file("cert.pem"), dir.file("key.pem"));
  server_tls->reload();
  EXPECT_EQ(run_on(loops.executor(0), standing.send({.url = url})).status, 200);
  EXPECT_EQ(f.server.connection_count(), 1u);
  EXPECT_THROW(send_with(old_trust, url), ClientError);
  EXPECT_EQ(send_with(trusting(), url).status, 200);
  EXPECT_GT(server_tls->expires(), std::chrono::system_clock::now());
}

TEST_F(TlsTest, CertificatesThatCanNotBeUsedChangeNothing) {
  ServerFixture f(secure_echo, {}, {}, 1, server_tls);
  const auto old_trust = trusting();
  write_certificate(dir.file("cert.pem"), dir.file("other.pem"));  // the key is another's now
  EXPECT_THROW(server_tls->reload(), std::runtime_error);
  std::filesystem::resize_file(dir.file("cert.pem"), 10);
  EXPECT_THROW(server_tls->reload(), std::runtime_error);
  EXPECT_EQ(send_with(old_trust, "https://localhost:" + std::to_string(f.port)).status, 200);
}

TEST_F(TlsTest, NamesTheFileThatCanNotBeRead) {
  try {
    TlsContext::server(dir.file("cert.pem"), "/absent/key.pem");
    ADD_FAILURE();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("/absent/key.pem"), std::string::npos);
  }
}

}  // namespace
}  // namespace brume::net::test
