#include "net/server/http1_connection.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>

#include "net/http2/http2_connection.h"
#include "net/message/channel.h"
#include "net/server/taken_connection.h"

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
constexpr std::size_t kStreamRoom = 64 * 1024;       ///< in the input buffer for the pieces of a streamed body

}  // namespace

template <class Stream>
Task<> Http1Connection<Stream>::run(std::unique_ptr<Http1Connection> self) {
  Http1Connection& me = *self;
  if constexpr (kTls) {
    const bool ok = co_await me.handshake();
    if (!ok) co_return;
  }
  me.enter(ConnectionPhase::idle, me.limits().keep_alive_idle);
  const bool speaks_http2 = co_await me.begins_http2();
  if (me.closed()) co_return;
  if (speaks_http2) {
    Task<> rest = serve_http2(me.loop_, std::move(me.stream_), me.peer_, std::string(me.in_.bytes()), me.tls_);
    me.hand_over();
    self.reset();
    co_await std::move(rest);
    co_return;
  }
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
Task<bool> Http1Connection<Stream>::handshake() {
  enter(ConnectionPhase::closing, limits().header_time_max);
  error_code error;
  if constexpr (kTls)
    co_await stream_->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(use_task, error));
  if (error || closed()) co_return false;
  if constexpr (kTls) peer_.tls = describe_session(stream_->native_handle());
  parser_.request().tls = peer_.tls.get();
  co_return true;
}

/// Reads until it is clear: TLS has agreed on it before the first byte, without TLS the first bytes tell.
template <class Stream>
Task<bool> Http1Connection<Stream>::begins_http2() {
  if constexpr (kTls) {
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(stream_->native_handle(), &protocol, &size);
    co_return std::string_view(reinterpret_cast<const char*>(protocol), size) == "h2";
  }
  while (in_.size() < kHttp2Preface.size() && kHttp2Preface.starts_with(in_.bytes())) {
    const bool more = co_await receive();
    if (!more) {
      close();
      co_return false;
    }
  }
  co_return in_.bytes().starts_with(kHttp2Preface);
}

/// Takes in more of a request; before it waits, replies gathered up to now are written.
template <class Stream>
Task<bool> Http1Connection<Stream>::receive() {
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
      co_await stream_->async_read_some(asio::buffer(to, in_.room()), asio::redirect_error(use_task, error));
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
std::size_t Http1Connection<Stream>::read_size() const {
  return parser_.missing() > 0 ? std::min(parser_.missing(), kReadMax) : kReadMin;
}

/// Until the input buffer may have that capacity. False when the connection is over: others held on to theirs too long,
/// which the client is told.
template <class Stream>
Task<bool> Http1Connection<Stream>::wait_for_room(std::size_t capacity) {
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
void Http1Connection<Stream>::release_input() {
  in_.shrink(kBufferKept);
  request_share_.shrink(in_.capacity());
}

template <class Stream>
Task<bool> Http1Connection<Stream>::answer() {
  if (kTls && !out_.empty()) {
    // No reply waits for another request's handler; without TLS, flush_held() sees to that.
    const bool written = co_await write({});
    if (!written) co_return false;
  }
  enter(ConnectionPhase::handler, {});
  Request& request = parser_.request();
  if (peer_.tls && !peer_.tls->allows(request.header_or_empty("host"))) {
    co_await refuse(421);
    co_return false;
  }
  if (parser_.streamed()) {
    in_.prepare(kStreamRoom);  // moves for the last time until the request has been answered
    parser_.head(in_);
    request.stream = &request_body_;
  }
  std::optional<ServerLoop::Running> running(std::in_place, *loop_);
  Response response = co_await ask_handler(loop_->settings(), request);
  if (!response.stream) running.reset();
  if (closed()) co_return false;

  const std::string* wish = response.header("Connection");
  const bool whole = parser_.body_ended();
  const bool peer_knows = !parser_.keep_alive() && whole;
  ReplyForm form{.head_request = request.method == "HEAD",
                 .keep_alive = parser_.keep_alive() && whole && !loop_->draining() &&
                               !(wish && equal_ignoring_case(*wish, "close")),
                 .chunks = request.version_minor >= 1,
                 .date = loop_->date()};
  if (response.takeover) {
    append_reply(out_, response, form);
    const bool written = co_await write({});
    if (!written) co_return false;
    in_.consume(parser_.consumed());
    serve_taken(loop_, std::move(stream_), peer_, std::string(in_.bytes()), tls_, response.takeover);
    hand_over();
    co_return false;
  }
  if (response.stream && framing_of(*response.stream, form) == StreamFraming::until_close) form.keep_alive = false;
  const bool keep_alive = form.keep_alive;
  const std::string_view rest = append_reply(out_, response, form);
  greeted_ = true;
  if (response.stream) {
    if (has_body(response.status) && !form.head_request) {
      const bool sent = co_await write_stream(*response.stream, framing_of(*response.stream, form));
      if (!sent) co_return false;
    }
    response.stream.reset();
    running.reset();
  }
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
Task<> Http1Connection<Stream>::refuse(int status) {
  timed_out_ = false;
  const Response response = loop_->settings().error_response(status, parser_.head(in_));
  const std::string_view rest = append_reply(out_, response, {.keep_alive = false, .date = loop_->date()});
  const bool written = co_await write(rest);
  if (written) co_await linger();
  close();
}

/// Writes what is gathered and closes.
template <class Stream>
Task<> Http1Connection<Stream>::finish(bool peer_knows) {
  if (!out_.empty() && !send_now()) {
    const bool written = co_await write({});
    if (!written) co_return;
  }
  // Closing over unread input resets the connection and may destroy our reply on its way: let the peer close.
  if (kTls || !peer_knows || !in_.empty()) co_await linger();
  close();
}

template <class Stream>
Task<> Http1Connection<Stream>::linger() {
  enter(ConnectionPhase::closing, kLingerTime);
  error_code error;
  if constexpr (kTls) {
    co_await stream_->async_shutdown(asio::redirect_error(use_task, error));
  } else {
    in_.clear();
    release_input();
    stream_->shutdown(asio::socket_base::shutdown_send, error);
    for (std::size_t total = 0; !error && total < kLingerBytes;) {
      char* to = in_.prepare(kBufferKept);
      total += co_await stream_->async_read_some(asio::buffer(to, in_.room()), asio::redirect_error(use_task, error));
    }
  }
}

/// Tries to hand all output to the kernel at once. False when some of it, or an error, is left for write().
template <class Stream>
bool Http1Connection<Stream>::send_now() {
  if constexpr (kTls) {
    return false;
  } else {
    const ssize_t sent = ::send(stream_->native_handle(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) out_.consume(static_cast<std::size_t>(sent));
    return out_.empty();
  }
}

/// Writes the output and then `body`, as long as the peer keeps its pace.
template <class Stream>
Task<bool> Http1Connection<Stream>::write(std::string_view body) {
  error_code error;
  reply_share_.grow_always(out_.size() + body.size());
  enter_paced(ConnectionPhase::reply, limits().reply_window);
  while (!out_.empty() || !body.empty()) {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(out_.data(), out_.size()),
                                                   asio::buffer(body.data(), body.size())};
    std::size_t count = co_await stream_->async_write_some(pieces, asio::redirect_error(use_task, error));
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

template class Http1Connection<PlainSocket>;
template class Http1Connection<TlsSocket>;

}  // namespace brume::net
