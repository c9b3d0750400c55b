// The HTTP/1.1 server: keep-alive, pipelining, chunked bodies, 100-continue, limits, TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/loops.h"
#include "base/task.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace brume::net {

/// Answers one request. Runs on the connection's loop; the request outlives the returned Task.
/// An exception that escapes is logged and answered with a bare 500.
using Handler = std::function<Task<Response>(const Request&)>;

struct ServerLimits {
  std::size_t header_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 128 * 1024 * 1024;
  std::size_t connections_max = 200'000;
  std::chrono::seconds header_time_max{30};  ///< from a request's first byte to the end of its headers
  std::chrono::seconds body_idle_max{60};    ///< between two pieces of a body, and for the peer to read our reply
  std::chrono::seconds keep_alive_idle{300};
};

class HttpServer {
 public:
  /// Limits are fixed for the server's life. `loops` must outlive it.
  HttpServer(Loops& loops, Handler handler, ServerLimits limits = {});
  ~HttpServer();

  /// Binds and starts to accept; returns the port (useful when `port` was 0). Connections are spread
  /// over the loops in turn. With `tls`, every connection on this port is TLS.
  /// Errors: std::system_error (address in use, no permission).
  std::uint16_t listen(const std::string& address, std::uint16_t port, std::shared_ptr<TlsContext> tls = nullptr);
  /// As listen, on a Unix-domain socket at `path`.
  void listen_unix(const std::string& path);

  /// Stops accepting, closes idle connections, lets running requests end (at most `grace`), then closes
  /// what is left. Returns when no connection remains.
  Task<> drain(std::chrono::milliseconds grace);

  std::size_t connection_count() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace brume::net
