#include "net/server/taken_connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "net/transport/sockets.h"

namespace brume::net {
namespace {

using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::chrono::hours kNever{24 * 365};

template <class Stream>
class TakenConnection final : public ServerConnection,
                              public Channel,
                              public std::enable_shared_from_this<TakenConnection<Stream>> {
 public:
  TakenConnection(std::shared_ptr<ServerLoop> loop, std::unique_ptr<Stream> socket, Peer peer, std::string begun,
                  std::shared_ptr<void> tls)
      : ServerConnection(std::move(loop)),
        tls_(std::move(tls)),
        place_(std::move(peer.place)),
        socket_(std::move(socket)),
        begun_(std::move(begun)),
        running_(*loop_) {
    enter_state();
  }

  static Task<> run(std::shared_ptr<TakenConnection> self, std::shared_ptr<const Takeover> takeover);

  // Channel
  Task<Arrival> read() override;
  Task<bool> write(std::string_view head, std::string_view body) override;
  void wake_after(std::chrono::milliseconds time) override {
    alarm_ = Clock::now() + time;
    woken_ = false;
    enter_state();
  }
  bool hold(std::size_t bytes) override {
    if (!request_share_.grow(bytes)) return false;
    request_share_.shrink(bytes);
    return true;
  }
  void abort() noexcept override { close(); }
  void on_drain(std::function<void()> action) override {
    if (loop_->draining()) return action();
    on_drain_ = std::move(action);
  }
  LoopExecutor loop() const override { return loop_->executor(); }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsSocket>;

  // ServerConnection
  void interrupt() override {
    error_code ignored;
    socket_->lowest_layer().cancel(ignored);
  }
  void close_socket() override {
    error_code ignored;
    socket_->lowest_layer().close(ignored);
  }
  /// The alarm's moment has come; nobody writes.
  void attend() override {
    if (Clock::now() < alarm_) return enter_state();
    woken_ = true;
    alarm_ = Clock::time_point::max();
    enter_state();
    if (reading_) interrupt();
  }
  void drain() override {
    if (on_drain_) std::exchange(on_drain_, {})();
  }
  std::int64_t moved() override {
    int queued = 0;
    if (::ioctl(socket_->lowest_layer().native_handle(), SIOCOUTQ, &queued) != 0) queued = 0;
    return sent_ - queued;
  }

  void enter_state() {
    if (writing_ || closed()) return;  // the pace of what is written is watched then
    const auto left = alarm_ == Clock::time_point::max() ? kNever : alarm_ - Clock::now();
    enter(ConnectionPhase::handler, std::chrono::duration_cast<std::chrono::milliseconds>(left));
  }
  ssize_t receive();
  std::size_t send_now(std::string_view head, std::string_view body);
  Task<> linger();

  const std::shared_ptr<void> tls_;
  const std::shared_ptr<const void> place_;
  const std::unique_ptr<Stream> socket_;
  std::string begun_;
  std::function<void()> on_drain_;
  Clock::time_point alarm_ = Clock::time_point::max();
  std::int64_t sent_ = 0;
  bool woken_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool peer_ended_ = false;
  ServerLoop::Running running_;
};

template <class Stream>
Task<Channel::Arrival> TakenConnection<Stream>::read() {
  const auto self = this->shared_from_this();
  if (closed() || peer_ended_) co_return Arrival{Event::ended};
  if (!begun_.empty()) {
    char* const to = loop_->scratch();
    const std::size_t size = begun_.copy(to, ServerLoop::kScratchBytes);
    begun_ = begun_.substr(size);
    co_return Arrival{Event::bytes, {to, size}};
  }
  error_code error;
  ssize_t count = 0;
  if constexpr (kTls) {
    // One byte is waited for: what OpenSSL has uncovered with it is then taken at once, and no buffer waits.
    char first = 0;
    if (!woken_) {
      reading_ = true;
      count = static_cast<ssize_t>(
          co_await socket_->async_read_some(asio::buffer(&first, 1), asio::redirect_error(use_task, error)));
      reading_ = false;
    }
    if (count == 1) {
      char* const to = loop_->scratch();
      to[0] = first;
      const int pending =
          std::min(SSL_pending(socket_->native_handle()), static_cast<int>(ServerLoop::kScratchBytes) - 1);
      const int more = pending > 0 ? SSL_read(socket_->native_handle(), to + 1, pending) : 0;
      count += std::max(more, 0);
    }
  } else {
    count = receive();
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && !woken_) {
      reading_ = true;
      co_await socket_->async_wait(asio::socket_base::wait_read, asio::redirect_error(use_task, error));
      reading_ = false;
      if (!error && !closed()) count = receive();
    }
  }
  if (closed()) co_return Arrival{Event::ended};
  if (count > 0) co_return Arrival{Event::bytes, {loop_->scratch(), static_cast<std::size_t>(count)}};
  if (std::exchange(woken_, false)) co_return Arrival{Event::timeout};
  if constexpr (!kTls)  // woken for nothing, which the kernel may do
    if (!error && count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) co_return Arrival{Event::bytes};
  peer_ended_ = true;
  co_return Arrival{Event::ended};
}

template <class Stream>
ssize_t TakenConnection<Stream>::receive() {
  return ::recv(socket_->lowest_layer().native_handle(), loop_->scratch(), ServerLoop::kScratchBytes, MSG_DONTWAIT);
}

/// How much of both the kernel takes at once.
template <class Stream>
std::size_t TakenConnection<Stream>::send_now(std::string_view head, std::string_view body) {
  if constexpr (kTls) {
    return 0;
  } else {
    std::array<iovec, 2> pieces{iovec{const_cast<char*>(head.data()), head.size()},
                                iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const ssize_t sent = ::sendmsg(socket_->native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
}

template <class Stream>
Task<bool> TakenConnection<Stream>::write(std::string_view head, std::string_view body) {
  const auto self = this->shared_from_this();
  const auto sent = [&](std::size_t count) {
    sent_ += static_cast<std::int64_t>(count);
    const std::size_t of_head = std::min(count, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(count - of_head);
  };
  if (closed()) co_return false;
  sent(send_now(head, body));
  if (head.empty() && body.empty()) co_return true;
  writing_ = true;
  reply_share_.grow_always(head.size() + body.size());
  enter_paced(ConnectionPhase::reply, loop_->settings().limits.reply_window);
  error_code error;
  while (!error && !closed() && !(head.empty() && body.empty())) {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(head.data(), head.size()),
                                                   asio::buffer(body.data(), body.size())};
    sent(co_await socket_->async_write_some(pieces, asio::redirect_error(use_task, error)));
  }
  reply_share_.shrink(0);
  writing_ = false;
  enter_state();
  if (error) close();
  co_return !error && !closed();
}

/// Closing over unread input would reset the connection and might destroy our last words on their way.
template <class Stream>
Task<> TakenConnection<Stream>::linger() {
  if (closed()) co_return;
  enter(ConnectionPhase::closing, kLingerTime);
  writing_ = true;  // that deadline stays
  error_code error;
  if constexpr (kTls) {
    co_await socket_->async_shutdown(asio::redirect_error(use_task, error));
  } else {
    socket_->shutdown(asio::socket_base::shutdown_send, error);
    begun_ = {};
    while (!peer_ended_ && !closed()) {
      const Arrival arrival = co_await read();
      if (arrival.event == Event::ended) break;
    }
  }
  close();
}

template <class Stream>
Task<> TakenConnection<Stream>::run(std::shared_ptr<TakenConnection> self, std::shared_ptr<const Takeover> takeover) {
  try {
    co_await takeover->run(*self);
  } catch (const std::exception& error) {
    log_error("http.takeover_failed", {{"error", error.what()}});
    self->close();
  }
  self->on_drain_ = {};
  co_await self->linger();
}

}  // namespace

template <class Stream>
void serve_taken(std::shared_ptr<ServerLoop> loop, std::unique_ptr<Stream> socket, Peer peer, std::string begun,
                 std::shared_ptr<void> tls, std::shared_ptr<const Takeover> takeover) {
  const LoopExecutor executor = loop->executor();
  auto connection = std::make_shared<TakenConnection<Stream>>(std::move(loop), std::move(socket), std::move(peer),
                                                              std::move(begun), std::move(tls));
  spawn_logged(executor, "http.takeover_failed",
               TakenConnection<Stream>::run(std::move(connection), std::move(takeover)));
}

template void serve_taken(std::shared_ptr<ServerLoop>, std::unique_ptr<PlainSocket>, Peer, std::string,
                          std::shared_ptr<void>, std::shared_ptr<const Takeover>);
template void serve_taken(std::shared_ptr<ServerLoop>, std::unique_ptr<TlsSocket>, Peer, std::string,
                          std::shared_ptr<void>, std::shared_ptr<const Takeover>);

}  // namespace brume::net
