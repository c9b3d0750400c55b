#include "net/server/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <system_error>

#include "base/log.h"
#include "net/server/connection.h"

namespace brume::net {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptBatch = 64;
constexpr std::size_t kAdoptedConnectionsMax = 256;
constexpr std::chrono::milliseconds kFullPause{10};      ///< connections_max is reached
constexpr std::chrono::milliseconds kExhaustedPause{100};  ///< the process has no descriptor or memory left

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Peer describe(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = {};
  Peer peer;
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    peer.address = inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    peer.port = ntohs(v4.sin_port);
  } else if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    peer.address = inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) peer.address.erase(0, std::string_view("::ffff:").size());
    peer.port = ntohs(v6.sin6_port);
  }
  return peer;
}

/// A socket on the loop that will serve it; counted as a connection until it is served or dropped.
struct Accepted {
  std::shared_ptr<ServerLoop> loop;
  UniqueFd fd;
  int family;
  Peer peer;
  std::shared_ptr<TlsContext> tls;
  bool counted = true;

  Accepted(std::shared_ptr<ServerLoop> l, int descriptor, int f, Peer p, std::shared_ptr<TlsContext> t)
      : loop(std::move(l)), fd(descriptor), family(f), peer(std::move(p)), tls(std::move(t)) {}
  Accepted(Accepted&& other) noexcept
      : loop(std::move(other.loop)),
        fd(std::move(other.fd)),
        family(other.family),
        peer(std::move(other.peer)),
        tls(std::move(other.tls)),
        counted(std::exchange(other.counted, false)) {}
  ~Accepted() {
    if (counted) --loop->settings().connections;
  }

  void operator()() {
    if (loop->draining()) return;
    PlainSocket socket(loop->executor());
    boost::system::error_code error;
    socket.assign(asio::generic::stream_protocol(family, 0), fd.get(), error);
    if (error) {
      log_warn("http.accept_failed", {{"error", error.message()}});
      return;
    }
    fd.release();
    try {
      serve_connection(loop, std::move(socket), std::move(peer), std::move(tls));  // which counts it itself
    } catch (const std::exception& failure) {  // no memory for its TLS, say: one connection is lost
      log_warn("http.accept_failed", {{"error", failure.what()}});
    }
  }
};

/// Whether a server answers at `path`.
bool in_use(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe.get() >= 0 && ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

void Listener::listen_on(const sockaddr* address, std::size_t size, const std::string& name) {
  UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw_errno("can't make a socket for " + name);
  const int on = 1;
  if (address->sa_family != AF_UNIX) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address, static_cast<socklen_t>(size)) != 0) throw_errno("can't bind " + name);
  if (::listen(fd.get(), kBacklog) != 0) throw_errno("can't listen on " + name);
  descriptor_.assign(fd.get());
  fd.release();
}

std::shared_ptr<Listener> Listener::tcp(LoopExecutor executor, const std::string& address, std::uint16_t port,
                                        std::shared_ptr<TlsContext> tls) {
  boost::system::error_code bad_address;
  const auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, bad_address);
  if (bad_address)
    throw std::system_error(std::make_error_code(std::errc::invalid_argument), "not an IP address: " + address);
  const asio::ip::tcp::endpoint endpoint(ip, port);
  std::shared_ptr<Listener> listener(new Listener(executor));
  listener->tls_ = std::move(tls);
  listener->listen_on(endpoint.data(), endpoint.size(), address + ":" + std::to_string(port));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listener->descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    throw_errno("can't read the bound port");
  listener->port_ = describe(bound).port;
  return listener;
}

std::shared_ptr<Listener> Listener::unix_domain(LoopExecutor executor, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw std::system_error(std::make_error_code(std::errc::filename_too_long), "can't bind " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  if (in_use(address)) throw std::system_error(std::make_error_code(std::errc::address_in_use), "can't bind " + path);
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
  std::shared_ptr<Listener> listener(new Listener(executor));
  listener->listen_on(reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
  listener->path_ = path;
  return listener;
}

std::shared_ptr<Listener> Listener::adopted(LoopExecutor executor, UniqueFd listening,
                                            std::shared_ptr<TlsContext> tls) {
  const int flags = ::fcntl(listening.get(), F_GETFL);
  if (flags < 0 || ::fcntl(listening.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw_errno("can't take a listener over");
  std::shared_ptr<Listener> listener(new Listener(executor));
  listener->tls_ = std::move(tls);
  listener->guests_ = std::make_shared<std::atomic<std::size_t>>(0);
  listener->descriptor_.assign(listening.get());
  listening.release();
  return listener;
}

void Listener::close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  if (!path_.empty()) ::unlink(path_.c_str());
}

bool Listener::full() const { return guests_ && *guests_ >= kAdoptedConnectionsMax; }

/// False when there is nothing to accept, or with `error` when there can't be.
bool Listener::accept_one(std::vector<std::shared_ptr<ServerLoop>>& loops, int& error) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int fd =
      ::accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK) error = errno;
    return false;
  }
  const int family = path_.empty() ? from.ss_family : AF_UNIX;
  const int on = 1;
  if (family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  UniqueFd taken(fd);
  const auto& loop = loops[next_loop_++ % loops.size()];
  Peer peer = describe(from);
  if (guests_) {
    ++*guests_;
    peer.place = {guests_.get(), [guests = guests_](const void*) { --*guests; }};
  }
  ++loop->settings().connections;
  asio::post(loop->executor(), Accepted(loop, taken.release(), family, std::move(peer), tls_));
  return true;
}

Task<> Listener::accept_all(std::shared_ptr<Listener> self, std::vector<std::shared_ptr<ServerLoop>> loops) {
  const ServerSettings& settings = loops.front()->settings();
  while (!self->closed_) {
    if (settings.connections >= settings.limits.connections_max || self->full()) {
      co_await sleep_for(kFullPause);  // what waits in the kernel's queue keeps waiting
      continue;
    }
    boost::system::error_code closed;
    co_await self->descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                                          asio::redirect_error(use_task, closed));
    if (closed) co_return;
    int error = 0;
    try {
      for (int i = 0; i < kAcceptBatch && settings.connections < settings.limits.connections_max && !self->full(); ++i)
        if (!self->accept_one(loops, error)) break;
    } catch (const std::bad_alloc&) {  // one connection is lost, not the listener
      error = ENOMEM;
    }
    if (error != 0) {
      log_warn("http.accept_failed", {{"error", std::generic_category().message(error)}});
      co_await sleep_for(kExhaustedPause);
    }
  }
}

}  // namespace brume::net
