// One HTTP/1.1 connection of the server: requests read one after another, each answered before the next is looked at.
#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "net/connection/server_loop.h"
#include "net/http1/request_parser.h"
#include "net/message/byte_buffer.h"
#include "net/server/connection.h"

namespace brume::net {

/// Stream is PlainSocket or TlsSocket.
template <class Stream>
class Http1Connection final : public ServerConnection {
 public:
  template <class... StreamArguments>
  Http1Connection(std::shared_ptr<ServerLoop> loop, Peer peer, std::shared_ptr<asio::ssl::context> tls,
                  StreamArguments&&... arguments)
      : ServerConnection(std::move(loop)),
        peer_(std::move(peer)),
        tls_(std::move(tls)),
        stream_(std::make_unique<Stream>(std::forward<StreamArguments>(arguments)...)),
        parser_({loop_->settings().limits.header_bytes_max, loop_->settings().limits.body_bytes_max,
                 &loop_->settings().limits.plan_body}) {
    Request& request = parser_.request();
    request.peer_address = peer_.address;
    request.peer_port = peer_.port;
    request.secure = kTls;
  }

  static Task<> run(std::unique_ptr<Http1Connection> self);

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsSocket>;

  void interrupt() override {
    boost::system::error_code ignored;
    stream_->lowest_layer().cancel(ignored);
  }
  void close_socket() override {
    boost::system::error_code ignored;
    stream_->lowest_layer().close(ignored);
    if (source_) source_->cancel();
  }
  void attend() override {
    if (!out_.empty()) send_now();
    if (source_ && peer_has_left()) close();
  }
  std::int64_t moved() override {
    if (phase() == ConnectionPhase::body) return received_;
    // What the kernel still holds the peer has not taken: it would take megabytes at once, then nothing for long.
    int queued = 0;
    if (::ioctl(stream_->lowest_layer().native_handle(), SIOCOUTQ, &queued) != 0) queued = 0;
    return sent_ - queued;
  }
  const ServerLimits& limits() const { return loop_->settings().limits; }

  Task<bool> handshake();
  Task<bool> receive();
  Task<bool> answer();
  Task<bool> begins_http2();
  Task<bool> write_stream(BodyStream& stream, StreamFraming framing);
  Task<std::string_view> read_body();
  Task<> receive_piece();
  bool peer_has_left();
  Task<> refuse(int status);
  Task<> finish(bool peer_knows);
  Task<> linger();
  Task<bool> write(std::string_view body);
  bool send_now();
  std::size_t read_size() const;
  Task<bool> wait_for_room(std::size_t capacity);
  void release_input();

  /// The body of the request that is being answered, taken from the socket as its handler reads.
  class RequestBody final : public BodyStream {
   public:
    explicit RequestBody(Http1Connection& connection) : connection_(connection) {}
    Task<std::string_view> read() override { return connection_.read_body(); }
    std::optional<std::uint64_t> size() const override { return connection_.parser_.announced(); }

   private:
    Http1Connection& connection_;
  };

  Peer peer_;
  const std::shared_ptr<asio::ssl::context> tls_;  ///< as it was when the connection came
  std::unique_ptr<Stream> stream_;  ///< null once HTTP/2 or a handler has taken it over
  ByteBuffer in_;
  ByteBuffer out_;
  RequestParser parser_;
  bool head_begun_ = false;  ///< the request's first byte is here, its head's deadline is set
  bool greeted_ = false;     ///< "100 Continue" is sent or no longer needed
  std::int64_t received_ = 0;
  std::int64_t sent_ = 0;  ///< to the kernel, by write()
  RequestBody request_body_{*this};
  BodyStream* source_ = nullptr;  ///< of the response that is being sent
};

}  // namespace brume::net
