#include "net/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"
#include "net/request_parser.h"

namespace brume::net {
namespace {

using boost::system::error_code;

constexpr std::size_t kReadMin = 1024;               ///< room offered to each read
constexpr std::size_t kReadMax = 256 * 1024;         ///< grows the buffer at most by this ahead of a body's bytes
constexpr std::size_t kBufferKept = 16 * 1024;       ///< memory an idle connection keeps
constexpr std::size_t kOutputMax = 256 * 1024;       ///< replies gathered before they are written
/// Unread input taken in so that our last reply arrives: more than the longest body, of which none is kept.
constexpr std::size_t kLingerBytes = 96 * 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::chrono::milliseconds kRoomPoll{25};   ///< how often a body that waits for memory looks again
constexpr std::size_t kRoomWaitersMax = 1024;        ///< more are refused at once

/// Stream is PlainSocket or TlsSocket.
template <class Stream>
class Connection final : public ServerConnection {
 public:
  template <class... StreamArguments>
  Connection(std::shared_ptr<ServerLoop> loop, Peer peer, std::shared_ptr<asio::ssl::context> tls,
             StreamArguments&&... arguments)
      : ServerConnection(std::move(loop)),
        peer_(std::move(peer)),
        tls_(std::move(tls)),
        stream_(std::forward<StreamArguments>(arguments)...),
        parser_({loop_->settings().limits.header_bytes_max, loop_->settings().limits.body_bytes_max,
                 &loop_->settings().limits.body_limit}) {
    Request& request = parser_.request();
    request.peer_address = peer_.address;
    request.peer_port = peer_.port;
    request.secure = kTls;
  }

  static Task<> run(std::unique_ptr<Connection> self);

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsSocket>;

  void interrupt() override {
    error_code ignored;
    stream_.lowest_layer().cancel(ignored);
  }
  void close_socket() override {
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }
  void flush_held() override {
    if (!out_.empty()) send_now();
  }
  std::int64_t moved() override {
    if (phase() == ConnectionPhase::body) return received_;
    // What the kernel still holds the peer has not taken: it would take megabytes at once, then nothing for long.
    int queued = 0;
    if (::ioctl(stream_.lowest_layer().native_handle(), SIOCOUTQ, &queued) != 0) queued = 0;
    return sent_ - queued;
  }
  const ServerLimits& limits() const { return loop_->settings().limits; }

  Task<bool> handshake();
  Task<bool> receive();
  Task<bool> answer();
  Task<> refuse(int status);
  Task<> finish(bool peer_knows);
  Task<> linger();
  Task<bool> write(std::string_view body);
  bool send_now();
  std::size_t read_size() const;
  Task<bool> wait_for_room(std::size_t capacity);
  void release_input();
  Response handler_failed(const char* what);

  const Peer peer_;
  const std::shared_ptr<asio::ssl::context> tls_;  ///< as it was when the connection came
  Stream stream_;
  ByteBuffer in_;
  ByteBuffer out_;
  RequestParser parser_;
  bool head_begun_ = false;  ///< the request's first byte is here, its head's deadline is set
  bool greeted_ = false;     ///< "100 Continue" is sent or no longer needed
  std::int64_t received_ = 0;
  std::int64_t sent_ = 0;  ///< to the kernel, by write()
};

template <class Stream>
Task<> Connection<Stream>::run(std::unique_ptr<Connection> self) {
  Connection& me = *self;
  if constexpr (kTls) {
    const bool ok = co_await me.handshake();
    if (!ok) co_return;
  }
  me.enter(ConnectionPhase::idle, me.limits().keep_alive_idle);
  while (!me.closed()) {
    switch (me.parser_.parse(me.in_)) {
      case RequestParser::Status::need_more: {
        const bool more = co_await me.receive();
        if (!more) co_return;
        break;
      }
      case RequestParser::Status::failed: {
        co_await me.refuse(me.parser_.error_status());
        co_return;
      }
      case RequestParser::Status::complete: {
        const bool more = co_await me.answer();
        if (!more) co_return;
        break;
      }
    }
  }
}

template <class Stream>
Task<bool> Connection<Stream>::handshake() {
  enter(ConnectionPhase::closing, limits().header_time_max);
  error_code error;
  if constexpr (kTls)
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(use_task, error));
  co_return !error && !closed();
}

/// Takes in more of a request; before it waits, replies gathered up to now are written.
template <class Stream>
Task<bool> Connection<Stream>::receive() {
  if (parser_.head_complete() && parser_.expects_continue() && !greeted_) {
    greeted_ = true;
    out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (!out_.empty() && !send_now()) {
    const bool written = co_await write({});
    if (!written) co_return false;
  }
  if (in_.empty()) {
    if (loop_->draining()) {
      co_await finish(false);
      co_return false;
    }
    release_input();
    out_.shrink(kBufferKept);
    enter(ConnectionPhase::idle, limits().keep_alive_idle);
  } else if (parser_.head_complete()) {
    if (phase() != ConnectionPhase::body) enter_paced(ConnectionPhase::body, limits().body_window);
  } else if (!head_begun_) {
    head_begun_ = true;  // its first bytes came behind the previous request
    enter(ConnectionPhase::head, limits().header_time_max);
  }
  if (in_.empty()) {
    // Behind the loop's other ready work: by then the next request has often come, which saves a recv that finds
    // nothing and a turn through epoll (1 to 8% more requests with 64 connections in bench/http).
    co_await asio::post(use_task);
    if (closed()) co_return false;
  }
  const std::size_t room = read_size(), most = parser_.bytes_max();
  if (in_.room() < room) {
    const std::size_t capacity = in_.capacity_after(room, most);
    if (!request_share_.grow(capacity)) {
      const bool granted = co_await wait_for_room(capacity);
      if (!granted) co_return false;
    }
  }
  char* to = in_.prepare(room, most);
  error_code error;
  const std::size_t count =
      co_await stream_.async_read_some(asio::buffer(to, in_.room()), asio::redirect_error(use_task, error));
  if (!error) {
    in_.commit(count);
    received_ += static_cast<std::int64_t>(count);
    timed_out_ = false;
    if (!head_begun_) {
      head_begun_ = true;
      enter(ConnectionPhase::head, limits().header_time_max);
    }
    co_return true;
  }
  if (timed_out_ && !closed()) co_await refuse(408);
  co_return false;
}

template <class Stream>
std::size_t Connection<Stream>::read_size() const {
  return parser_.missing() > 0 ? std::min(parser_.missing(), kReadMax) : kReadMin;
}

/// Until the input buffer may have that capacity. False when the connection is over: others held on to theirs too long,
/// which the client is told.
template <class Stream>
Task<bool> Connection<Stream>::wait_for_room(std::size_t capacity) {
  ServerSettings& settings = loop_->settings();
  enter(ConnectionPhase::handler, {});
  bool granted = false;
  if (++settings.waiting <= kRoomWaitersMax) {
    const auto end = std::chrono::steady_clock::now() + limits().body_memory_wait;
    while (!granted && !closed() && std::chrono::steady_clock::now() < end) {
      co_await sleep_for(kRoomPoll);
      granted = request_share_.grow(capacity);
    }
  }
  --settings.waiting;
  if (closed()) co_return false;
  if (granted) {
    enter_paced(ConnectionPhase::body, limits().body_window);
    co_return true;
  }
  ++settings.refused;
  co_await refuse(503);
  co_return false;
}

/// The memory of a long body goes, and its share with it, once nothing of the input is needed any more.
template <class Stream>
void Connection<Stream>::release_input() {
  in_.shrink(kBufferKept);
  request_share_.shrink(in_.capacity());
}

template <class Stream>
Response Connection<Stream>::handler_failed(const char* what) {
  const Request& request = parser_.request();
  log_error("http.handler_failed", {{"method", request.method}, {"path", request.path}, {"error", what}});
  return loop_->settings().error_response(500, &request);
}

template <class Stream>
Task<bool> Connection<Stream>::answer() {
  if (kTls && !out_.empty()) {
    // No reply waits for another request's handler; without TLS, flush_held() sees to that.
    const bool written = co_await write({});
    if (!written) co_return false;
  }
  enter(ConnectionPhase::handler, {});
  const Request& request = parser_.request();
  Response response;
  std::optional<ServerLoop::Running> running(std::in_place, *loop_);
  try {
    response = co_await loop_->settings().handler(request);
  } catch (const std::exception& e) {
    response = handler_failed(e.what());
  } catch (...) {
    response = handler_failed("not a std::exception");
  }
  running.reset();
  if (closed()) co_return false;

  const std::string* wish = response.header("Connection");
  const bool peer_knows = !parser_.keep_alive();
  const bool keep_alive = !peer_knows && !loop_->draining() && !(wish && equal_ignoring_case(*wish, "close"));
  const std::string_view rest = append_reply(
      out_, response, {.head_request = request.method == "HEAD", .keep_alive = keep_alive, .date = loop_->date()});
  in_.consume(parser_.consumed());
  parser_.reset();
  greeted_ = head_begun_ = false;
  if (in_.capacity() > kUncountedBytes) release_input();
  if (!rest.empty() || out_.size() > kOutputMax) {
    const bool written = co_await write(rest);
    if (!written) co_return false;
  }
  if (!keep_alive) co_await finish(peer_knows);
  co_return keep_alive;
}

/// Answers a request that can't be read to its end; nothing after it can be trusted.
template <class Stream>
Task<> Connection<Stream>::refuse(int status) {
  timed_out_ = false;
  const Response response = loop_->settings().error_response(status, parser_.head(in_));
  const std::string_view rest = append_reply(out_, response, {.keep_alive = false, .date = loop_->date()});
  const bool written = co_await write(rest);
  if (written) co_await linger();
  close();
}

/// Writes what is gathered and closes.
template <class Stream>
Task<> Connection<Stream>::finish(bool peer_knows) {
  if (!out_.empty() && !send_now()) {
    const bool written = co_await write({});
    if (!written) co_return;
  }
  // Closing over unread input resets the connection and may destroy our reply on its way: let the peer close.
  if (kTls || !peer_knows || !in_.empty()) co_await linger();
  close();
}

template <class Stream>
Task<> Connection<Stream>::linger() {
  enter(ConnectionPhase::closing, kLingerTime);
  error_code error;
  if constexpr (kTls) {
    co_await stream_.async_shutdown(asio::redirect_error(use_task, error));
  } else {
    in_.clear();
    release_input();
    stream_.shutdown(asio::socket_base::shutdown_send, error);
    for (std::size_t total = 0; !error && total < kLingerBytes;) {
      char* to = in_.prepare(kBufferKept);
      total += co_await stream_.async_read_some(asio::buffer(to, in_.room()), asio::redirect_error(use_task, error));
    }
  }
}

/// Tries to hand all output to the kernel at once. False when some of it, or an error, is left for write().
template <class Stream>
bool Connection<Stream>::send_now() {
  if constexpr (kTls) {
    return false;
  } else {
    const ssize_t sent = ::send(stream_.native_handle(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) out_.consume(static_cast<std::size_t>(sent));
    return out_.empty();
  }
}

/// Writes the output and then `body`, as long as the peer keeps its pace.
template <class Stream>
Task<bool> Connection<Stream>::write(std::string_view body) {
  error_code error;
  reply_share_.grow_always(out_.size() + body.size());
  enter_paced(ConnectionPhase::reply, limits().reply_window);
  while (!out_.empty() || !body.empty()) {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(out_.data(), out_.size()),
                                                   asio::buffer(body.data(), body.size())};
    std::size_t count = co_await stream_.async_write_some(pieces, asio::redirect_error(use_task, error));
    if (error || closed()) co_return false;
    sent_ += static_cast<std::int64_t>(count);
    const std::size_t from_output = std::min(count, out_.size());
    out_.consume(from_output);
    body.remove_prefix(count - from_output);
  }
  reply_share_.shrink(0);
  out_.shrink(kBufferKept);
  co_return true;
}

}  // namespace

void serve_connection(std::shared_ptr<ServerLoop> loop, PlainSocket socket, Peer peer,
                      std::shared_ptr<TlsContext> tls) {
  const LoopExecutor executor = loop->executor();
  if (tls) {
    auto context = tls->context();
    auto connection =
        std::make_unique<Connection<TlsSocket>>(std::move(loop), std::move(peer), context, std::move(socket), *context);
    spawn_logged(executor, "http.connection_failed", Connection<TlsSocket>::run(std::move(connection)));
  } else {
    auto connection =
        std::make_unique<Connection<PlainSocket>>(std::move(loop), std::move(peer), nullptr, std::move(socket));
    spawn_logged(executor, "http.connection_failed", Connection<PlainSocket>::run(std::move(connection)));
  }
}

}  // namespace brume::net
