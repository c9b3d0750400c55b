// The HTTP server: HTTP/1.1 with keep-alive and pipelining, HTTP/2, limits, TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/loops.h"
#include "base/task.h"
#include "base/unique_fd.h"
#include "net/connection/server_limits.h"
#include "net/transport/tls.h"

namespace brume::net {

class HttpServer {
 public:
  /// Limits are fixed for the server's life. `loops` must outlive it. Without `errors`, the server's own
  /// answers carry the reason phrase as plain text.
  HttpServer(Loops& loops, Handler handler, ServerLimits limits = {}, ErrorResponder errors = {});
  /// Closes what drain() has not: at once, without waiting for running handlers.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and starts to accept; returns the port (useful when `port` was 0). Connections are spread
  /// over the loops in turn. With `tls`, every connection on this port is TLS.
  /// Errors: std::system_error (address in use, no permission).
  std::uint16_t listen(const std::string& address, std::uint16_t port, std::shared_ptr<TlsContext> tls = nullptr);
  /// As listen, on a Unix-domain socket at `path`; a socket file that nobody listens on is replaced, and
  /// ours removed when the server stops.
  void listen_unix(const std::string& path);

  /// Takes the connections of a TCP socket that listens already, in another network namespace perhaps, until the last
  /// copy of what is returned goes or the server stops. At most 256 at once: who can reach that socket may not be able
  /// to reach the others, and shall not use up what is there for all; more wait. As listen otherwise. Thread-safe. Errors: std::system_error.
  std::shared_ptr<void> adopt(UniqueFd listening, std::shared_ptr<TlsContext> tls = nullptr);

  /// Stops accepting, closes idle connections, lets running requests end (at most `grace`; a head that is still coming
  /// has a second), then closes what is left. Returns when no connection remains. A handler that is still running then goes on to its
  /// end unheard; the request it holds stays valid.
  Task<> drain(std::chrono::milliseconds grace);

  /// Returns when no handler runs any more, also of connections that were closed meanwhile; says in the log every few
  /// seconds how many it waits for. For after drain(): what the handlers use may go then.
  Task<> handlers_ended();

  std::size_t connection_count() const;
  /// Any thread.
  BodyCounts body_counts() const;
  /// Handlers under way. Any thread.
  std::size_t handler_count() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace brume::net
