// What a server is told when it is set up: who answers, and what its clients may ask of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "base/task.h"
#include "net/message/body_plan.h"
#include "net/message/http_message.h"

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
  /// Whether HTTP/2 clients are told that they may ask for WebSockets (RFC 8441).
  bool extended_connect = false;
};

/// Makes the answers that the server gives by itself: 400, 408, 413, 417, 421, 431, 500 and 503. `head` is the request without
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

}  // namespace brume::net
