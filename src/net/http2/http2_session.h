// The server's side of HTTP/2 (RFC 9113) on nghttp2, without the socket: bytes in, bytes out, handlers started.
#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/connection/peer.h"
#include "net/connection/server_loop.h"
#include "net/http2/http2_stream.h"

namespace brume::net {

/// Bodies obey the streams' flow control: a handler that does not read stops its sender, a client that does not read
/// stops the source. Bounded: streams at once, handlers that outlive their streams, fields of a head, frames that only
/// ask for an answer, resets (by nghttp2), continuations (by nghttp2). Used on one loop; held by its handlers.
class Http2Session : public std::enable_shared_from_this<Http2Session> {
 public:
  static constexpr std::uint32_t kStreamsMax = 128;
  static constexpr std::size_t kHandlersMax = 2 * kStreamsMax;
  /// Of one stream's body that may lie here unread.
  static constexpr std::uint32_t kStreamWindow = 256 * 1024;

  /// `output_ready` is called when output() may have something, but not during receive().
  Http2Session(std::shared_ptr<ServerLoop> loop, const Peer& peer, bool secure, std::function<void()> output_ready);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Takes what came from the peer. False: nothing more that comes can be understood; write what there is and close.
  bool receive(std::string_view bytes);
  /// The next bytes to write, valid until the next call; empty: none now.
  std::string_view output();
  bool has_output() const;
  /// Whether there is nothing more to read or write.
  bool over() const;
  bool idle() const { return streams_.empty(); }
  /// Bytes of replies in memory.
  std::size_t reply_bytes() const { return reply_bytes_; }

  /// Looks at every stream's pace. False: the connection is to be closed.
  bool attend();
  /// Takes no new streams; over() once those under way have ended.
  void drain();
  /// The connection has gone: readers and sources hear of it.
  void close();

 private:
  friend class Http2Stream;
  friend class Http2Channel;
  using StreamPointer = std::shared_ptr<Http2Stream>;
  struct Callbacks;

  void taken(Http2Stream& stream, std::size_t bytes);
  int begin_stream(std::int32_t id);
  void head_complete(Http2Stream& stream, bool ended);
  void body_came(Http2Stream& stream, std::string_view bytes);
  void body_ended(Http2Stream& stream);
  void stream_closed(std::int32_t id);
  void start(Http2Stream& stream);
  void refuse(Http2Stream& stream, int status);
  void refuse_for_room(Http2Stream& stream);
  void respond(Http2Stream& stream, Response response);
  ssize_t fill(Http2Stream& stream, std::uint8_t* to, std::size_t room, std::uint32_t& flags);
  void reset(Http2Stream& stream, std::uint32_t code);
  bool keeps_pace(Http2Stream& stream, std::int64_t moved, std::chrono::milliseconds window);
  void wake();
  Http2Stream* find(std::int32_t id);

  static Task<> take_over(std::shared_ptr<Http2Session> self, StreamPointer stream, Response response);
  static Task<> handle(std::shared_ptr<Http2Session> self, StreamPointer stream);
  static Task<> fetch(std::shared_ptr<Http2Session> self, StreamPointer stream);

  const std::shared_ptr<ServerLoop> loop_;
  const Peer& peer_;
  const bool secure_;
  const std::function<void()> output_ready_;
  nghttp2_session* session_ = nullptr;
  const std::shared_ptr<Http2Memory> memory_;
  std::map<std::int32_t, StreamPointer> streams_;
  std::size_t handlers_ = 0;  ///< under way, also of streams that are closed
  std::size_t reply_bytes_ = 0;
  std::int32_t last_begun_ = 0;
  std::chrono::steady_clock::time_point head_since_{};  ///< of a head that is not complete; none: zero
  bool receiving_ = false;
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace brume::net
