// A WebSocket of the server (RFC 6455), as its handler sees it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "net/message/channel.h"
#include "net/websocket/extensions.h"
#include "net/websocket/message_reader.h"

namespace brume::net {

struct WebSocketSettings {
  std::uint64_t frame_bytes_max = 128 * 1024;  ///< of what the client sends: payload of one frame
  std::size_t message_bytes_max = 128 * 1024;  ///< and of a message, uncompressed
  std::size_t waiting_bytes_max = 1024 * 1024;  ///< of sends that wait for others; more are refused
  std::chrono::milliseconds idle_max{600'000};  ///< without a frame either way; closed with 1001
  std::chrono::milliseconds message_time_max{
      60'000};  ///< from a frame's first byte to its message's last; closed with 1008
  std::chrono::milliseconds close_wait{5'000};  ///< for the client's answer to our close
  DeflatePolicy deflate = DeflatePolicy::off;
};

/// Pings are answered and pongs dropped by receive(), so somebody should be in it most of the time; whoever is not slows
/// the client down. Used on the connection's loop. Kept by its handler's run; who else wants to send keeps a pointer of
/// its own, and is told `closed` once that run has ended.
class WebSocket : public std::enable_shared_from_this<WebSocket> {
 public:
  using Message = WebSocketMessage;
  using Handler = std::function<Task<>(WebSocket&)>;

  /// Serves `handler` on `channel`, then closes: with 1000, or 1011 where it throws, unless it or the client has closed.
  /// `deflate`: what was agreed on.
  static Task<> serve(Channel& channel, WebSocketSettings settings, std::optional<DeflateTerms> deflate,
                      Handler handler);

  /// The next message; nullopt once the connection is closed (code()). One caller at a time.
  Task<std::optional<Message>> receive();

  enum class Sent {
    yes,  ///< handed to the kernel
    closed,  ///< nothing more can be sent
    no_room,  ///< too many bytes of others wait before it; nothing was sent
  };
  /// In the order of the calls. Returns when the bytes are handed on: a client that reads slowly slows its senders, and is
  /// lost when it is slower than the server's limits allow.
  Task<Sent> send(Message message);
  Task<Sent> ping(std::string payload);  ///< at most 125 bytes

  /// Sends a close frame; sends after it are refused. receive() then drops messages, until the client's answer. Nothing
  /// if it is closed or closing already. `code` is one that may be sent, `reason` UTF-8 of at most 123 bytes.
  Task<> close(std::uint16_t code, std::string reason);

  /// How it was closed: the client's code, ours if we were first, lost where the connection broke. 0 while open.
  std::uint16_t code() const { return code_; }
  const std::string& reason() const { return reason_; }

  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  WebSocket(Channel& channel, WebSocketSettings settings, const std::optional<DeflateTerms>& deflate);
  /// Gives the writer's place to the next.
  class Place {
   public:
    explicit Place(WebSocket& socket) : socket_(socket) {}
    ~Place() { socket_.leave_place(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    WebSocket& socket_;
  };
  Task<> turn();
  void leave_place();
  Task<bool> write(FrameHead head, std::string payload);
  Task<bool> write_control(Opcode opcode, std::string payload);
  Task<std::string_view> more();
  static Task<> go_away(std::shared_ptr<WebSocket> self);
  Task<> finish();
  void lose();
  void note(std::uint16_t code, std::string_view reason);
  void set_alarm();
  Task<> overdue();
  Task<> answer_close();

  Channel* channel_;  ///< null once the run has ended
  const WebSocketSettings settings_;
  MessageReader reader_;
  std::optional<MessageDeflater> deflater_;
  std::string rest_;  ///< from rest_at_ on it came behind the last event
  std::size_t rest_at_ = 0;

  std::list<Completion<bool>> waiting_;  ///< senders, in their order
  std::size_t waiting_bytes_ = 0;
  bool writing_ = false;
  bool closing_ = false;  ///< our close frame is sent, or on its way
  bool ended_ = false;  ///< nothing more comes
  std::uint16_t code_ = 0;
  std::string reason_;
  Clock::time_point active_since_;
  Clock::time_point message_since_{};  ///< of the message under way; none: zero
  Clock::time_point closing_since_{};
};

}  // namespace brume::net
