#include "net/client/client_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <initializer_list>

#include "base/log.h"

namespace brume::net {
namespace {

using asio::ip::tcp;
using Reason = ClientError::Reason;
using Resolver = asio::ip::basic_resolver<tcp, LoopExecutor>;

constexpr std::size_t kReadMin = 16 * 1024;
constexpr std::chrono::seconds kSweepInterval{1};

bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view name = "localhost";
  if (host.size() < name.size() || !equal_ignoring_case(host.substr(host.size() - name.size()), name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

struct Resolved {
  boost::system::error_code error;
  std::vector<tcp::endpoint> endpoints;
};

/// The resolver's thread can't be interrupted: at the deadline the call goes on without it.
Task<std::vector<tcp::endpoint>> resolve(std::string host, std::uint16_t port, CallDeadline& deadline) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(is_localhost(host) ? "127.0.0.1" : host, not_literal);
  if (!not_literal) co_return std::vector<tcp::endpoint>{tcp::endpoint(literal, port)};

  const LoopExecutor loop = co_await this_loop;
  Completion<Resolved> done;
  auto resolver = std::make_shared<Resolver>(loop);
  resolver->async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                          [resolver, done](boost::system::error_code error, tcp::resolver::results_type results) {
                            Resolved resolved{error, {}};
                            for (const auto& entry : results) resolved.endpoints.push_back(entry.endpoint());
                            done.set(std::move(resolved));
                          });
  const CallDeadline::Action give_up(deadline, [done] { done.set({asio::error::timed_out, {}}); });
  Resolved resolved = co_await done.wait();
  if (resolved.error || resolved.endpoints.empty())
    deadline.fail(Reason::resolve, "can't resolve " + host + ": " + resolved.error.message());
  co_return std::move(resolved.endpoints);
}

bool in_range(const asio::ip::address_v6::bytes_type& address, std::initializer_list<unsigned> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

/// An IPv4 address in one of the IPv6 forms that lead to it (mapped, NAT64, 6to4) is judged as that address.
asio::ip::address plain_form(const asio::ip::address& address) {
  if (!address.is_v6()) return address;
  const auto bytes = address.to_v6().to_bytes();
  const auto v4_at = [&](std::size_t at) {
    return asio::ip::address(asio::ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}));
  };
  if (address.to_v6().is_v4_mapped() || in_range(bytes, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))
    return v4_at(12);
  if (in_range(bytes, {0x20, 0x02})) return v4_at(2);
  return address;
}

bool allows(const Egress& egress, const asio::ip::address& given) {
  const asio::ip::address address = plain_form(given);
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    if (bytes[0] == 127 || bytes[0] == 0) return egress.loopback;
    if (bytes[0] == 169 && bytes[1] == 254) return egress.link_local;
    return true;
  }
  const auto v6 = address.to_v6();
  if (v6.is_loopback() || v6.is_unspecified()) return egress.loopback;
  if (v6.is_link_local() || in_range(v6.to_bytes(), {0xFD, 0x00, 0x0E, 0xC2})) return egress.link_local;
  return true;
}

std::string tls_failure(SSL* ssl, const boost::system::error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  return verdict == X509_V_OK ? error.message() : X509_verify_cert_error_string(verdict);
}

}  // namespace

CallDeadline::CallDeadline(LoopExecutor loop, std::chrono::milliseconds timeout)
    : timeout_(timeout), timer_(loop, timeout) {
  arm();
}

void CallDeadline::restart() {
  if (expired()) return;
  timer_.expires_after(timeout_);
  arm();
}

void CallDeadline::arm() {
  timer_.async_wait([state = state_](boost::system::error_code cancelled) {
    if (!cancelled) state->expire();
  });
}

std::function<void()> CallDeadline::expire() const {
  return [state = state_] { state->expire(); };
}

void CallDeadline::State::expire() {
  expired = true;
  if (auto run = std::exchange(action, nullptr)) run();
}

CallDeadline::Action::Action(CallDeadline& deadline, std::function<void()> action) : state_(*deadline.state_) {
  if (state_.expired) action();
  else state_.action = std::move(action);
}

void CallDeadline::fail(ClientError::Reason reason, const std::string& what) const {
  if (expired()) throw ClientError(Reason::timeout, "timed out: " + what);
  throw ClientError(reason, what);
}

Task<std::unique_ptr<ClientConnection>> ClientConnection::open(const Url& url, std::shared_ptr<TlsContext> tls,
                                                               Egress egress, CallDeadline& deadline) {
  std::vector<tcp::endpoint> endpoints = co_await resolve(url.host, url.port, deadline);
  std::erase_if(endpoints, [&](const tcp::endpoint& endpoint) { return !allows(egress, endpoint.address()); });
  if (endpoints.empty()) deadline.fail(Reason::forbidden, "the address of " + url.authority + " is not to be called");
  const LoopExecutor loop = co_await this_loop;
  Error error;
  for (const auto& endpoint : endpoints) {
    std::unique_ptr<ClientConnection> connection(new ClientConnection(PlainSocket(loop)));
    {
      const CallDeadline::Action give_up(deadline, [raw = connection.get()] { raw->close(); });
      const asio::generic::stream_protocol::endpoint target(endpoint);
      co_await connection->plain_->async_connect(target, asio::redirect_error(use_task, error));
    }
    if (deadline.expired()) break;
    if (error) continue;
    Error ignored;
    connection->plain_->set_option(tcp::no_delay(true), ignored);
    if (tls) co_await connection->shake_hands(url.host, std::move(tls), deadline);
    co_return std::move(connection);
  }
  deadline.fail(Reason::connect, "can't connect to " + url.authority + ": " + error.message());
}

Task<> ClientConnection::shake_hands(std::string host, std::shared_ptr<TlsContext> tls, CallDeadline& deadline) {
  context_ = std::move(tls);
  tls_ = std::make_unique<TlsSocket>(std::move(*plain_), *context_->context());
  plain_.reset();
  if (host.ends_with('.')) host.pop_back();
  SSL* ssl = tls_->native_handle();
  Error not_literal;
  asio::ip::make_address(host, not_literal);
  if (not_literal) SSL_set_tlsext_host_name(ssl, host.c_str());
  if (SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  const CallDeadline::Action give_up(deadline, [this] { close(); });
  Error error;
  co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(use_task, error));
  if (error || deadline.expired()) deadline.fail(Reason::tls, "no TLS with " + host + ": " + tls_failure(ssl, error));
}

Task<> ClientConnection::write(std::string_view head, std::string_view body, Error& error) {
  while (!head.empty() || !body.empty()) {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(head.data(), head.size()),
                                                   asio::buffer(body.data(), body.size())};
    std::size_t count = 0;
    if (tls_) count = co_await tls_->async_write_some(pieces, asio::redirect_error(use_task, error));
    else count = co_await plain_->async_write_some(pieces, asio::redirect_error(use_task, error));
    if (error) co_return;
    const std::size_t from_head = std::min(count, head.size());
    head.remove_prefix(from_head);
    body.remove_prefix(count - from_head);
  }
}

Task<> ClientConnection::read(Error& error) {
  char* to = in_.prepare(kReadMin);
  const asio::mutable_buffer room = asio::buffer(to, in_.room());
  std::size_t count = 0;
  if (tls_) count = co_await tls_->async_read_some(room, asio::redirect_error(use_task, error));
  else count = co_await plain_->async_read_some(room, asio::redirect_error(use_task, error));
  in_.commit(count);
}

void ClientConnection::close() {
  Error ignored;
  socket().close(ignored);
}

bool ClientConnection::quiet() {
  char byte = 0;
  const ssize_t count = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::execution_context::id ClientPools::id;

std::unique_ptr<ClientConnection> ClientPools::take(const void* client, const std::string& origin) {
  const auto found = pools_.find({client, origin});
  // Another client may have had the same address; its connections trusted what it trusted.
  if (found == pools_.end() || found->second.alive.expired()) return nullptr;
  auto& idle = found->second.idle;
  const auto oldest = std::chrono::steady_clock::now() - found->second.idle_time_max;
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    if (connection->idle_since >= oldest && connection->quiet()) return connection;
  }
  return nullptr;
}

void ClientPools::put(LoopExecutor loop, std::shared_ptr<const void> client, const std::string& origin,
                      std::unique_ptr<ClientConnection> connection, const ClientOptions& options) {
  if (options.idle_connections_per_origin == 0) return;
  Pool& pool = pools_[{client.get(), origin}];
  if (pool.alive.expired()) pool.idle.clear();
  pool.alive = client;
  pool.idle_time_max = options.idle_time_max;
  connection->idle_since = std::chrono::steady_clock::now();
  if (pool.idle.size() >= options.idle_connections_per_origin) pool.idle.erase(pool.idle.begin());
  pool.idle.push_back(std::move(connection));
  if (watching_) return;
  watching_ = true;
  spawn(loop, watch(*this));
}

Task<> ClientPools::watch(ClientPools& self) {
  while (!self.pools_.empty()) {
    co_await sleep_for(kSweepInterval);
    try {
      self.sweep(std::chrono::steady_clock::now());
    } catch (const std::exception& error) {
      log_error("http_client.sweep_failed", {{"error", error.what()}});
    }
  }
  self.watching_ = false;
}

void ClientPools::sweep(std::chrono::steady_clock::time_point now) {
  for (auto at = pools_.begin(); at != pools_.end();) {
    Pool& pool = at->second;
    std::erase_if(pool.idle, [&](auto& c) { return now - c->idle_since > pool.idle_time_max || !c->quiet(); });
    if (pool.idle.empty() || pool.alive.expired()) at = pools_.erase(at);
    else ++at;
  }
}

}  // namespace brume::net
