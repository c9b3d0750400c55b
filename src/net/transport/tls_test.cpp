// Several certificates, resumed sessions, client certificates by host name, reloads: against OpenSSL's client.
#include "net/transport/tls.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/testing/test_certificates.h"
#include "net/testing/test_support.h"
#include "net/transport/ticket_keys.h"
#include "net/transport/tls_session.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;

/// What the server knows of the client.
Task<Response> tell(const Request& request) {
  Response response;
  response.body = request.tls ? request.tls->server_name : "no tls";
  if (request.tls && request.tls->client) response.body += " " + request.tls->client->subject;
  co_return response;
}

struct Answer {
  std::string certificate;  ///< the server's, its subject
  std::string text;  ///< all that came; empty: the handshake or the request failed
  bool resumed = false;
};

class Client {
 public:
  explicit Client(std::uint16_t port, int version = TLS1_3_VERSION)
      : port_(port), context_(asio::ssl::context::tls_client) {
    SSL_CTX_set_max_proto_version(context_.native_handle(), version);
    SSL_CTX_set_session_cache_mode(context_.native_handle(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_set_ex_data(context_.native_handle(), index(), this);
    SSL_CTX_sess_set_new_cb(context_.native_handle(), [](SSL* connection, SSL_SESSION* session) {
      static_cast<Client*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), index()))->session_.reset(session);
      return 1;
    });
  }
  void show(const KeyPair& pair) {
    context_.use_certificate(asio::buffer(pair.certificate_pem()), asio::ssl::context::pem);
    context_.use_private_key(asio::buffer(pair.key_pem()), asio::ssl::context::pem);
  }
  /// One connection that asks for `name` and sends one request for `host`; resumes the session before, if there is one.
  Answer ask(const std::string& name, const std::string& host) {
    Answer answer;
    asio::io_context io;
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, context_);
    stream.lowest_layer().connect({asio::ip::make_address("127.0.0.1"), port_});
    if (!name.empty()) SSL_set_tlsext_host_name(stream.native_handle(), name.c_str());
    if (session_) SSL_set_session(stream.native_handle(), session_.get());
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return answer;
    answer.resumed = SSL_session_reused(stream.native_handle()) == 1;
    answer.certificate = common_name(SSL_get0_peer_certificate(stream.native_handle()));
    asio::write(stream, asio::buffer("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"), error);
    while (!error) {
      char piece[4096];
      const std::size_t count = stream.read_some(asio::buffer(piece), error);
      answer.text.append(piece, count);
    }
    stream.shutdown(error);
    return answer;
  }
  void forget() { session_.reset(); }

 private:
  static int index() {
    static const int made = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return made;
  }
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  const std::uint16_t port_;
  asio::ssl::context context_;
  std::unique_ptr<SSL_SESSION, Free> session_;
};

bool ends_with(const Answer& answer, const std::string& text) { return answer.text.ends_with("\r\n\r\n" + text); }
bool has_status(const Answer& answer, int status) {
  return answer.text.starts_with("HTTP/1.1 " + std::to_string(status));
}

TlsCertificate files_of(const KeyPair& pair, const TempDir& folder, const std::string& name) {
  pair.write(folder.file(name + ".pem"), folder.file(name + ".key"));
  return {folder.file(name + ".pem"), folder.file(name + ".key")};
}

TEST(Tls, CertificateIsChosenByTheNameAskedFor) {
  const KeyPair one("one", {"one.test"}), two("two", {"two.test", "*.two.test"}), three("three", {"a.two.test"});
  TempDir folder;
  ServerFixture f(tell, {}, {}, 1,
                  TlsContext::server({.certificates = {files_of(one, folder, "one"), files_of(two, folder, "two"),
                                                       files_of(three, folder, "three")}}));
  Client client(f.port);
  const std::map<std::string, std::string> expected{
      {"one.test", "one"}, {"", "one"},           {"elsewhere.test", "one"}, {"two.test", "two"},
      {"TWO.Test", "two"}, {"b.two.test", "two"}, {"a.two.test", "three"},   {"c.b.two.test", "one"}};
  for (const auto& [name, certificate] : expected) {
    client.forget();
    const Answer answer = client.ask(name, "h");
    EXPECT_EQ(answer.certificate, certificate) << name;
    EXPECT_TRUE(has_status(answer, 200)) << answer.text;
  }
  client.forget();
  EXPECT_TRUE(ends_with(client.ask("B.two.test", "h"), "b.two.test"));
}

TEST(Tls, SessionsAreResumedAlsoAfterAReload) {
  const KeyPair one("one", {"one.test"});
  TempDir folder;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto tls = TlsContext::server({.certificates = {files_of(one, folder, "one")}});
    ServerFixture f(tell, {}, {}, 2, tls);
    Client client(f.port, version);
    EXPECT_FALSE(client.ask("one.test", "h").resumed);
    const Answer second = client.ask("one.test", "h");
    EXPECT_TRUE(second.resumed) << version;
    EXPECT_TRUE(ends_with(second, "one.test")) << second.text;
    EXPECT_TRUE(client.ask("one.test", "h").resumed) << version;
    tls->reload();
    EXPECT_TRUE(client.ask("one.test", "h").resumed) << version << " after a reload";
  }
}

TEST(Tls, TicketsOfKeysThatAreGoneMakeAFullHandshake) {
  const KeyPair one("one", {"one.test"});
  TempDir folder;
  ServerFixture f(tell, {}, {}, 1,
                  TlsContext::server({.certificates = {files_of(one, folder, "one")}, .ticket_key_life = 1s}));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client(f.port, version);
    EXPECT_FALSE(client.ask("one.test", "h").resumed);
    std::this_thread::sleep_for(2100ms);
    const Answer later = client.ask("one.test", "h");
    EXPECT_FALSE(later.resumed) << version;
    EXPECT_TRUE(has_status(later, 200));
  }
}

TEST(TicketKeys, RotateAndOpenForOneLifeMore) {
  auto now = TicketKeys::Clock::time_point{};
  TicketKeys keys(10s, [&] { return now; });
  const TicketKeys::Key first = keys.current();
  bool renew = true;
  EXPECT_TRUE(keys.find(first.name.data(), renew));
  EXPECT_FALSE(renew);
  now += 9s;
  EXPECT_EQ(keys.current().name, first.name);
  now += 1s;
  const TicketKeys::Key second = keys.current();
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  const auto found = keys.find(first.name.data(), renew);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cipher, first.cipher);
  EXPECT_TRUE(renew);
  now += 9s;
  EXPECT_TRUE(keys.find(first.name.data(), renew));
  now += 1s;
  EXPECT_FALSE(keys.find(first.name.data(), renew)) << "two lives are over";
  EXPECT_TRUE(keys.find(second.name.data(), renew));
}

/// The status of one HTTP/2 request on a connection made for `name`.
std::string status_on_http2(std::uint16_t port, const std::string& name, const std::string& authority) {
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  constexpr unsigned char h2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.native_handle(), h2, sizeof h2);
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
  stream.lowest_layer().connect({asio::ip::make_address("127.0.0.1"), port});
  SSL_set_tlsext_host_name(stream.native_handle(), name.c_str());
  stream.handshake(asio::ssl::stream_base::client);

  std::string status;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t size, const uint8_t* value,
                    size_t value_size, uint8_t, void* user) {
        if (std::string(reinterpret_cast<const char*>(name), size) == ":status")
          *static_cast<std::string*>(user) = std::string(reinterpret_cast<const char*>(value), value_size);
        return 0;
      });
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, &status);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
  const auto field = [](const std::string& name, const std::string& value) {
    const auto bytes = [](const std::string& text) {
      return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
    };
    return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  };
  const std::vector<std::string> words{":method", "GET", ":scheme", "https", ":path", "/", ":authority", authority};
  std::vector<nghttp2_nv> fields;
  for (std::size_t i = 0; i < words.size(); i += 2) fields.push_back(field(words[i], words[i + 1]));
  nghttp2_submit_request(session, nullptr, fields.data(), fields.size(), nullptr, nullptr);
  boost::system::error_code error;
  while (status.empty() && !error) {
    const uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session, &bytes)) > 0;)
      asio::write(stream, asio::buffer(bytes, static_cast<std::size_t>(size)), error);
    char piece[4096];
    const std::size_t count = stream.read_some(asio::buffer(piece), error);
    if (nghttp2_session_mem_recv(session, reinterpret_cast<const uint8_t*>(piece), count) < 0) break;
  }
  nghttp2_session_del(session);
  return status;
}

class ClientCertificates : public testing::Test {
 protected:
  std::shared_ptr<TlsContext> context() {
    authority_.write(folder_.file("ca.pem"), folder_.file("ca.key"));
    return TlsContext::server(
        {.certificates = {files_of(server_, folder_, "server")},
         .client_rules = {{"private.test", folder_.file("ca.pem")}, {"*.inner.test", folder_.file("ca.pem")}}});
  }
  const KeyPair authority_{"authority", {}}, other_authority_{"other", {}};
  const KeyPair server_{"server", {"private.test", "open.test"}};
  const KeyPair good_{"good client", {}, &authority_}, stranger_{"stranger", {}, &other_authority_};
  TempDir folder_;
  std::shared_ptr<TlsContext> tls_ = context();
  ServerFixture f_{tell, {}, {}, 1, tls_};
};

TEST_F(ClientCertificates, AreAskedForByHost) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client without(f_.port, version);
    EXPECT_TRUE(ends_with(without.ask("open.test", "open.test"), "open.test"));
    without.forget();
    EXPECT_EQ(without.ask("private.test", "private.test").text, "");
    EXPECT_EQ(without.ask("a.inner.test", "a.inner.test").text, "");
    EXPECT_TRUE(has_status(without.ask("a.b.inner.test", "h"), 200)) << "not one label below";
    Client strange(f_.port, version);
    strange.show(stranger_);
    EXPECT_EQ(strange.ask("private.test", "private.test").text, "");
    EXPECT_TRUE(ends_with(strange.ask("open.test", "open.test"), "open.test")) << "nobody asks there";
    Client known(f_.port, version);
    known.show(good_);
    EXPECT_TRUE(ends_with(known.ask("Private.test", "private.test"), "private.test CN=good client"));
    const Answer again = known.ask("private.test", "private.test:443");
    EXPECT_TRUE(again.resumed);
    EXPECT_TRUE(ends_with(again, "private.test CN=good client")) << again.text;
  }
}

/// The name in the handshake says what is asked for; another host in the request must not get round it.
TEST_F(ClientCertificates, CannotBeGotRoundByTheHostHeader) {
  Client without(f_.port);
  for (const std::string host : {"private.test", "PRIVATE.test", "private.test:8443", "private.test.", "x.inner.test"})
    EXPECT_TRUE(has_status(without.ask("open.test", host), 421)) << host;
  without.forget();
  EXPECT_TRUE(has_status(without.ask("", "private.test"), 421));
  Client known(f_.port);
  known.show(good_);
  EXPECT_TRUE(has_status(known.ask("private.test", "x.inner.test"), 421)) << "another rule, perhaps other authorities";
  EXPECT_TRUE(has_status(known.ask("private.test", "open.test"), 200));
}

TEST_F(ClientCertificates, CannotBeGotRoundOnHttp2) {
  EXPECT_EQ(status_on_http2(f_.port, "open.test", "open.test"), "200");
  EXPECT_EQ(status_on_http2(f_.port, "open.test", "private.test"), "421");
}

TEST_F(ClientCertificates, SessionsOfOtherHostsAreNotResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client(f_.port, version);
    EXPECT_TRUE(has_status(client.ask("open.test", "open.test"), 200));
    const Answer answer = client.ask("private.test", "private.test");
    EXPECT_FALSE(answer.resumed);
    EXPECT_EQ(answer.text, "");
  }
}

TEST_F(ClientCertificates, OtherAuthoritiesAfterAReload) {
  Client client(f_.port);
  client.show(good_);
  EXPECT_TRUE(has_status(client.ask("private.test", "private.test"), 200));
  other_authority_.write(folder_.file("ca.pem"), folder_.file("ca.key"));
  tls_->reload();
  const Answer answer = client.ask("private.test", "private.test");
  EXPECT_FALSE(answer.resumed);
  EXPECT_EQ(answer.text, "");
  Client strange(f_.port);
  strange.show(stranger_);
  EXPECT_TRUE(ends_with(strange.ask("private.test", "private.test"), "private.test CN=stranger"));
}

TEST(Tls, WhatTheRequestTellsOfTheClient) {
  const KeyPair authority("authority", {}), server("server", {"h.test"}), client("the client", {}, &authority);
  TempDir folder;
  authority.write(folder.file("ca.pem"), folder.file("ca.key"));
  std::optional<ClientCertificate> seen;
  const auto look = [&seen](const Request& request) {
    seen = request.tls->client;
    return tell(request);
  };
  ServerFixture f(look, {}, {}, 1,
                  TlsContext::server({.certificates = {files_of(server, folder, "s")},
                                      .client_rules = {{"h.test", folder.file("ca.pem")}}}));
  Client asking(f.port);
  asking.show(client);
  EXPECT_TRUE(has_status(asking.ask("h.test", "h.test"), 200));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->subject, "CN=the client");
  EXPECT_EQ(seen->issuer, "CN=authority");
  EXPECT_EQ(seen->pem, client.certificate_pem());
  EXPECT_EQ(seen->serial_number, client.serial_number());
  EXPECT_TRUE(seen->not_after.ends_with(" GMT")) << seen->not_after;
}

TEST(Tls, ReloadsLoseNoRequest) {
  const KeyPair one("one", {"h.test"}), two("two", {"h.test"});
  TempDir folder;
  auto tls = TlsContext::server({.certificates = {files_of(one, folder, "c")}});
  ServerFixture f(tell, {}, {}, 2, tls);
  std::atomic<bool> over = false;
  std::atomic<int> asked = 0, failed = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      Client client(f.port);
      for (int n = 0; !over; ++n) {
        if (n % 3 == 0) client.forget();
        if (!ends_with(client.ask("h.test", "h.test"), "h.test")) ++failed;
        ++asked;
      }
    });
  }
  for (int i = 0; i < 40; ++i) {
    files_of(i % 2 ? one : two, folder, "c");
    tls->reload();
    std::this_thread::sleep_for(20ms);
  }
  const KeyPair broken("x", {});
  std::ofstream(folder.file("c.key")) << "rubbish";
  EXPECT_THROW(tls->reload(), std::runtime_error);
  std::this_thread::sleep_for(50ms);
  over = true;
  for (std::thread& thread : clients) thread.join();
  EXPECT_GT(asked, 50);
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace brume::net::test
