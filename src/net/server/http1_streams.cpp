// Bodies that flow through an HTTP/1.1 connection.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <limits>
#include <utility>

#include "base/log.h"
#include "net/http1/chunk_head.h"
#include "net/server/http1_connection.h"

namespace brume::net {
namespace {

using boost::system::error_code;

/// Gives a variable its old value back.
template <class T>
class SetWhile {
 public:
  SetWhile(T& variable, T value) : variable_(variable), before_(std::exchange(variable, std::move(value))) {}
  ~SetWhile() { variable_ = std::move(before_); }
  SetWhile(const SetWhile&) = delete;
  SetWhile& operator=(const SetWhile&) = delete;

 private:
  T& variable_;
  T before_;
};

}  // namespace

/// Sends a response's body as it comes. False when the connection is over: also where the body is cut off, which the
/// client sees by the end of the connection.
template <class Stream>
Task<bool> Http1Connection<Stream>::write_stream(BodyStream& stream, StreamFraming framing) {
  const SetWhile<BodyStream*> sending(source_, &stream);
  std::uint64_t left = stream.size().value_or(std::numeric_limits<std::uint64_t>::max());
  std::string_view piece;
  while (true) {
    if (!out_.empty() && !send_now()) {  // what is there now does not wait for what comes
      const bool written = co_await write({});
      if (!written) co_return false;
    }
    enter(ConnectionPhase::handler, {});
    std::string failure;
    try {
      piece = co_await stream.read();
      if (piece.size() > left) failure = "more bytes than announced";
      if (piece.empty() && framing == StreamFraming::sized && left > 0) failure = "fewer bytes than announced";
    } catch (const std::exception& e) {
      failure = e.what();
    }
    if (closed()) co_return false;
    if (!failure.empty()) {
      const Request& request = parser_.request();
      log_warn("http.body_cut_off", {{"method", request.method}, {"path", request.path}, {"error", failure}});
      close();
      co_return false;
    }
    if (piece.empty()) break;
    left -= piece.size();
    if (framing == StreamFraming::chunked) append_chunk_head(out_, piece.size());
    if (piece.size() <= kCopiedBodyMax) {
      out_.append(piece);
      piece = {};
    }
    const bool behind = !piece.empty();
    if (framing == StreamFraming::chunked && !behind) out_.append("\r\n");
    const bool written = co_await write(piece);
    if (!written) co_return false;
    if (framing == StreamFraming::chunked && behind) out_.append("\r\n");
  }
  if (framing == StreamFraming::chunked) out_.append("0\r\n\r\n");
  co_return true;
}

/// The next piece of the request's body, for its handler. Errors: BodyError.
template <class Stream>
Task<std::string_view> Http1Connection<Stream>::read_body() {
  while (true) {
    std::string_view piece;
    const RequestParser::Status status = parser_.next_piece(in_, piece);
    if (status == RequestParser::Status::complete) co_return piece;
    if (status == RequestParser::Status::failed)
      throw BodyError(parser_.error_status(),
                      parser_.error_status() == 413 ? "the body is too long" : "the body is malformed");
    co_await receive_piece();
  }
}

template <class Stream>
Task<> Http1Connection<Stream>::receive_piece() {
  if (parser_.expects_continue() && !greeted_) {
    greeted_ = true;
    out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  }
  bool open = !closed();
  if (open && !out_.empty() && !send_now()) open = co_await write({});
  if (!open) throw BodyError(400, "the client has left");
  enter_paced(ConnectionPhase::body, limits().body_window);
  error_code error;
  const std::size_t count = co_await stream_->async_read_some(asio::buffer(in_.data() + in_.size(), in_.room()),
                                                              asio::redirect_error(use_task, error));
  const bool slow = std::exchange(timed_out_, false);
  if (!closed()) enter(ConnectionPhase::handler, {});
  if (error || closed()) throw BodyError(slow ? 408 : 400, slow ? "the body comes too slowly" : "the client has left");
  in_.commit(count);
  received_ += static_cast<std::int64_t>(count);
}

/// Whether nobody waits for the response any more. A client that shuts its sending side down counts as gone.
template <class Stream>
bool Http1Connection<Stream>::peer_has_left() {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(stream_->lowest_layer().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
    return info.tcpi_state != TCP_ESTABLISHED;
  char byte = 0;
  return ::recv(stream_->lowest_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

template class Http1Connection<PlainSocket>;
template class Http1Connection<TlsSocket>;

}  // namespace brume::net
