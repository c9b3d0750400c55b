// The HTTP/1.1 client: pooled keep-alive connections per loop and origin, TLS, deadlines.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/task.h"
#include "net/message/http_message.h"
#include "net/transport/tls.h"

namespace brume::net {

class CallDeadline;
class ClientConnection;
struct Progress;

struct ClientRequest {
  std::string method = "GET";
  std::string url = {};  ///< http:// or https://, host, optional port, path and query
  std::vector<Header> headers = {};  ///< Host is added when absent; Content-Length is always the body's size
  std::string body = {};
  /// The body instead of `body`, if there is one; outlives the call. Never sent twice.
  BodyStream* stream = nullptr;
  std::size_t response_bytes_max = 0;  ///< of the body, checked while it is read; 0: the client's
};

/// Where connections may go. Addresses are judged after names are resolved, each one.
struct Egress {
  bool loopback = true;    ///< 127.0.0.0/8, ::1, and the unspecified addresses, which mean the same
  bool link_local = true;  ///< 169.254.0.0/16 (clouds' metadata), fe80::/10, fd00:ec2::/32 (AWS's metadata)
};

/// Why a call brought no response.
class ClientError : public std::runtime_error {
 public:
  enum class Reason { bad_url, resolve, connect, tls, timeout, closed, protocol, too_large, forbidden };
  ClientError(Reason reason, const std::string& what) : std::runtime_error(what), reason(reason) {}
  Reason reason;
};

struct ClientOptions {
  std::chrono::milliseconds timeout{29'000};  ///< the whole call; while a request's stream is sent, each piece of it
  std::size_t response_bytes_max = 64 * 1024 * 1024;
  Egress egress = {};
  std::size_t idle_connections_per_origin = 32;
  std::chrono::seconds idle_time_max{60};
};

/// Thread-safe: each loop has its own pool, which belongs to the loop; idle connections go within a second after
/// the client. "localhost" and names below it mean 127.0.0.1.
/// A request that fails on a reused connection before any byte
/// of the response is sent again once on a fresh one if its method is idempotent.
class HttpClient {
 public:
  explicit HttpClient(ClientOptions options = {}, std::shared_ptr<TlsContext> tls = nullptr);
  ~HttpClient();

  /// Runs on the caller's loop. `timeout` replaces the option's when given. Errors: ClientError.
  Task<Response> send(ClientRequest request, std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  /// As send(), but returns at the end of the head: the body is the response's stream, of any length, read on the same
  /// loop. `timeout` is for the head, and for each read after it. Errors of the stream: ClientError.
  Task<Response> open(ClientRequest request, std::optional<std::chrono::milliseconds> timeout = std::nullopt);

  /// Ends all calls under way, on every loop, and every later one at once, as if their time were over. Thread-safe.
  void stop();

 private:
  struct Impl;
  struct Call;
  class ResponseBody;
  enum class Body : bool { gathered, streamed };
  static Task<Response> attempt(std::shared_ptr<Call> call, std::unique_ptr<ClientConnection> connection, Body body,
                                CallDeadline& deadline, Progress& progress);
  Task<Response> call(ClientRequest request, std::optional<std::chrono::milliseconds> timeout, Body body);

  std::shared_ptr<Impl> impl_;
};

}  // namespace brume::net
