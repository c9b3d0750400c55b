// The HTTP/1.1 server: keep-alive, pipelining, chunked bodies, 100-continue, limits, TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/loops.h"
#include "base/task.h"
#include "base/unique_fd.h"
#include "net/body_plan.h"
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
  std::chrono::milliseconds header_time_max{30'000};  ///< from a request's first byte to the end of its headers
  std::chrono::milliseconds keep_alive_idle{300'000};
  /// Peers must keep up this pace over each window: senders of bodies (else 408), readers of our replies (else closed).
  std::size_t bytes_per_second_min = 1024;
  std::chrono::milliseconds body_window{20'000};
  std::chrono::milliseconds reply_window{30'000};
  /// Of all long bodies in memory together, one half for requests, the other for replies that wait for their readers.
  /// For a request that would exceed its half is waited, then it is answered 503; while replies exceed theirs, those are
  /// cut off that have waited longest, but none before two seconds.
  std::size_t body_memory_max = 512 * 1024 * 1024;
  std::chrono::milliseconds body_memory_wait{2'000};
  /// What becomes of the body, asked once the head is there, for bodies of more than 64 KiB or of unknown length. Empty:
  /// they are gathered up to body_bytes_max. Runs on any loop; must not throw.
  BodyPlanner plan_body = {};
};

/// Makes the answers that the server gives by itself: 400, 408, 413, 417, 431, 500 and 503. `head` is the request without
/// its body, null if its head was not read to the end. Runs on any loop; must not throw.
using ErrorResponder = std::function<Response(int status, const Request* head)>;

/// What became of long bodies and slow peers, since the start but for the first three.
struct BodyCounts {
  std::size_t request_bytes = 0;  ///< in memory now
  std::size_t reply_bytes = 0;  ///< waiting for their readers now
  std::size_t waiting = 0;  ///< requests that wait for room
  std::size_t refused = 0;  ///< requests answered 503 for want of room
  std::size_t slow_senders = 0;  ///< answered 408
  std::size_t slow_readers = 0;  ///< closed
  std::size_t cut_off = 0;  ///< readers closed because replies exceeded their half
};

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
