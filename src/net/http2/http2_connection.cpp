#include "net/http2/http2_connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/redirect_error.hpp>
#include <type_traits>
#include <utility>

#include "net/http2/http2_session.h"
#include "net/message/byte_buffer.h"
#include "net/transport/sockets.h"

namespace brume::net {
namespace {

using boost::system::error_code;

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::size_t kBufferKept = 0;              ///< memory for output that an idle connection keeps
constexpr std::size_t kOutputMax = 64 * 1024;       ///< gathered for one write
constexpr std::chrono::milliseconds kLingerTime{2000};

template <class Stream>
class Http2Connection final : public ServerConnection, public std::enable_shared_from_this<Http2Connection<Stream>> {
 public:
  Http2Connection(std::shared_ptr<ServerLoop> loop, std::unique_ptr<Stream> socket, Peer peer,
                  std::shared_ptr<void> tls)
      : ServerConnection(std::move(loop)), tls_(std::move(tls)), peer_(std::move(peer)), socket_(std::move(socket)) {}

  static Task<> run(std::shared_ptr<Http2Connection> self, std::string begun);

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsSocket>;

  void interrupt() override {
    error_code ignored;
    socket_->lowest_layer().cancel(ignored);
  }
  void close_socket() override {
    error_code ignored;
    socket_->lowest_layer().close(ignored);
    if (session_) session_->close();
  }
  void attend() override {
    const ServerLimits& limits = loop_->settings().limits;
    reply_share_.grow_always(session_->reply_bytes());
    reply_share_.shrink(session_->reply_bytes());
    if (!session_->attend()) return close();
    if (writing_ && std::chrono::steady_clock::now() - write_since_ > limits.reply_window) {
      const std::int64_t now = moved();
      const auto wanted = static_cast<std::int64_t>(limits.bytes_per_second_min) * limits.reply_window.count() / 1000;
      if (now - moved_before_ < wanted) {
        ++loop_->settings().slow_readers;
        return close();
      }
      begin_window();
    }
  }
  void drain() override {
    session_->drain();
    if (session_->idle()) end_if_over();
  }
  std::int64_t moved() override {
    int queued = 0;
    if (::ioctl(socket_->lowest_layer().native_handle(), SIOCOUTQ, &queued) != 0) queued = 0;
    return sent_ - queued;
  }

  /// Idle connections have their time; of others every stream has its own.
  void enter_state() {
    if (phase() == ConnectionPhase::closing) return;
    if (session_->idle() && !writing_) enter(ConnectionPhase::idle, loop_->settings().limits.keep_alive_idle);
    else enter(ConnectionPhase::handler, {});
  }
  void begin_window() {
    write_since_ = std::chrono::steady_clock::now();
    moved_before_ = moved();
  }
  void output_ready() {
    if (closed() || !session_->has_output() || std::exchange(writing_, true)) return;
    spawn_logged(loop_->executor(), "http2.write_failed", write(this->shared_from_this()));
  }
  void end_if_over() {
    if (session_->over() && !writing_ && !closed()) {
      error_code ignored;
      // The peer closes when it has read all; our read ends then, or the linger time does it.
      if constexpr (!kTls) socket_->shutdown(asio::socket_base::shutdown_send, ignored);
      enter(ConnectionPhase::closing, kLingerTime);
    }
  }
  static Task<> write(std::shared_ptr<Http2Connection> self);

  const std::shared_ptr<void> tls_;
  const Peer peer_;
  const std::unique_ptr<Stream> socket_;
  std::shared_ptr<Http2Session> session_;
  ByteBuffer out_;
  std::int64_t sent_ = 0;
  bool writing_ = false;
  std::chrono::steady_clock::time_point write_since_{};
  std::int64_t moved_before_ = 0;
};

template <class Stream>
Task<> Http2Connection<Stream>::run(std::shared_ptr<Http2Connection> self, std::string begun) {
  Http2Connection& me = *self;
  // The session goes before the connection, but its handlers may keep it: they find it closed then.
  me.session_ = std::make_shared<Http2Session>(me.loop_, me.peer_, kTls, [&me] { me.output_ready(); });
  if (me.loop_->draining()) me.session_->drain();
  bool understood = me.session_->receive(begun);
  begun = {};
  char bytes[kReadSize];
  while (understood && !me.closed()) {
    me.output_ready();
    me.enter_state();
    error_code error;
    const std::size_t count =
        co_await me.socket_->async_read_some(asio::buffer(bytes), asio::redirect_error(use_task, error));
    if (error || me.closed()) break;
    understood = me.session_->receive({bytes, count});
    me.end_if_over();
  }
  if (!me.closed() && !understood) {
    me.output_ready();  // says why
    me.enter(ConnectionPhase::closing, kLingerTime);
    while (me.writing_ && !me.closed()) co_await sleep_for(std::chrono::milliseconds(5));
  }
  me.close();
  me.session_->close();
}

template <class Stream>
Task<> Http2Connection<Stream>::write(std::shared_ptr<Http2Connection> self) {
  Http2Connection& me = *self;
  co_await asio::post(use_task);  // out of nghttp2, and behind the handlers that are ready: their answers go together
  if (me.closed()) co_return;
  me.begin_window();
  while (!me.closed()) {
    while (me.out_.size() < kOutputMax) {
      const std::string_view bytes = me.session_->output();
      if (bytes.empty()) break;
      me.out_.append(bytes);
    }
    if (me.out_.empty()) break;
    error_code error;
    const std::size_t count = co_await me.socket_->async_write_some(asio::buffer(me.out_.data(), me.out_.size()),
                                                                    asio::redirect_error(use_task, error));
    if (error) {
      me.close();
      break;
    }
    me.sent_ += static_cast<std::int64_t>(count);
    me.out_.consume(count);
  }
  me.out_.shrink(kBufferKept);
  me.writing_ = false;
  if (me.closed()) co_return;
  me.enter_state();
  me.end_if_over();
}

}  // namespace

template <class Stream>
Task<> serve_http2(std::shared_ptr<ServerLoop> loop, std::unique_ptr<Stream> socket, Peer peer, std::string begun,
                   std::shared_ptr<void> tls) {
  auto connection =
      std::make_shared<Http2Connection<Stream>>(std::move(loop), std::move(socket), std::move(peer), std::move(tls));
  return Http2Connection<Stream>::run(std::move(connection), std::move(begun));
}

template Task<> serve_http2(std::shared_ptr<ServerLoop>, std::unique_ptr<PlainSocket>, Peer, std::string,
                            std::shared_ptr<void>);
template Task<> serve_http2(std::shared_ptr<ServerLoop>, std::unique_ptr<TlsSocket>, Peer, std::string,
                            std::shared_ptr<void>);

}  // namespace brume::net
