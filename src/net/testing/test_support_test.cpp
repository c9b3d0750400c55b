#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "net/testing/test_certificates.h"
#include "net/testing/test_support.h"

namespace brume::net::test {

void RawSocket::set_timeout() {
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

RawSocket::RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  set_timeout();
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // each send() at once, as the test says
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("can't connect");
  }
}

RawSocket::RawSocket(const std::string& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  set_timeout();
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("can't connect");
  }
}

RawSocket::~RawSocket() { ::close(fd_); }

bool RawSocket::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::send(std::string_view bytes) { ASSERT_TRUE(try_send(bytes)); }

std::string RawSocket::receive_until(std::string_view end) {
  std::string received;
  char piece[65536];
  while (end.empty() || received.find(end) == std::string::npos) {
    const ssize_t count = ::recv(fd_, piece, sizeof piece, 0);
    if (count < 0) {
      if (errno == EAGAIN) ADD_FAILURE() << "the peer was silent for ten seconds after: " << received.substr(0, 500);
      break;
    }
    if (count == 0) break;
    received.append(piece, static_cast<std::size_t>(count));
  }
  return received;
}

std::string RawSocket::receive_piece(std::size_t size) {
  std::string piece(size, '\0');
  const ssize_t count = ::recv(fd_, piece.data(), piece.size(), 0);
  piece.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return piece;
}

void RawSocket::end_sending() { ::shutdown(fd_, SHUT_WR); }

void RawSocket::shrink_receive_buffer() {
  const int size = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

RawListener::RawListener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd_, 16) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("can't listen");
  port_ = ntohs(address.sin_port);
}

RawListener::~RawListener() { ::close(fd_); }

std::unique_ptr<RawSocket> RawListener::accept() {
  return std::make_unique<RawSocket>(::accept(fd_, nullptr, nullptr));
}

ServerFixture::ServerFixture(Handler handler, ServerLimits limits, ErrorResponder errors, std::size_t loop_count,
                             std::shared_ptr<TlsContext> tls)
    : loops(loop_count),
      server(loops, std::move(handler), limits, std::move(errors)),
      port(server.listen("127.0.0.1", 0, std::move(tls))) {
  loops.start();
}

ServerFixture::~ServerFixture() {
  drain(std::chrono::milliseconds(0));
  loops.stop();
  loops.join();
}

Task<Response> echo(const Request& request) {
  Response response;
  response.body = std::string(request.method) + " " + std::string(request.target) + "|" + std::string(request.body);
  co_return response;
}

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "brume-net-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("can't make a directory");
  path_ = pattern;
}

void write_certificate(const std::string& certificate_file, const std::string& key_file) {
  KeyPair("localhost", {"localhost"}).write(certificate_file, key_file);
}

}  // namespace brume::net::test
