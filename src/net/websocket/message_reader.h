// What a peer sends on a WebSocket, frame by frame made into messages (RFC 6455, sections 5 to 8).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8_stream.h"
#include "net/websocket/frame.h"
#include "net/websocket/message_deflate.h"

namespace brume::net {

struct WebSocketMessage {
  bool text = false;  ///< well-formed UTF-8 then
  std::string bytes;
};

/// Codes of RFC 6455, section 7.4.
namespace close_code {
inline constexpr std::uint16_t normal = 1000, going_away = 1001, protocol_error = 1002, no_status = 1005, lost = 1006,
                               bad_payload = 1007, policy = 1008, too_big = 1009, internal_error = 1011,
                               try_again_later = 1013;
}  // namespace close_code
/// Whether a peer may send it.
bool is_close_code(std::uint16_t code);

/// Checks all that the RFC demands of a peer, and refuses what is too long before it takes it in. What arrives grows the
/// message; nothing is allocated because a peer announces it. No sockets; used on one thread.
class MessageReader {
 public:
  struct Settings {
    bool from_client = true;  ///< frames must be masked; otherwise they must not
    std::uint64_t frame_bytes_max = 128 * 1024;  ///< of a frame's payload as sent
    std::size_t message_bytes_max = 128 * 1024;  ///< of a whole message, uncompressed
    bool deflate = false;
    bool deflate_remembers = false;  ///< messages refer to those before
  };
  explicit MessageReader(const Settings& settings) : settings_(settings) {}

  enum class Event {
    need_more,  ///< all of the input is taken
    message,  ///< take_message()
    ping,  ///< control()
    pong,  ///< control()
    close,  ///< close_code(), control() is the reason; nothing after it is read
    failed,  ///< close_code() and failure() say why; nothing after it is read
  };
  /// Takes from the front of `in` up to the next event.
  Event next(std::string_view& in);

  WebSocketMessage take_message();
  const std::string& control() const { return control_; }
  /// no_status where the peer gave none.
  std::uint16_t code() const { return code_; }
  std::string_view failure() const { return failure_; }
  /// Bytes of the message under way that lie in memory.
  std::size_t held() const { return message_.capacity(); }
  /// Whether neither a frame nor a message is under way.
  bool idle() const { return head_size_ == 0 && !frame_ && !in_message_; }

 private:
  std::optional<Event> begin_frame();
  std::optional<Event> take_payload(std::string_view& in);
  bool take_data(std::string_view piece);
  Event end_frame();
  Event end_control();
  Event fail(std::uint16_t code, std::string_view why);

  const Settings settings_;
  std::array<char, kFrameHeadMax> head_bytes_{};
  std::uint8_t head_size_ = 0;
  std::optional<FrameHead> frame_;
  std::uint64_t taken_ = 0;  ///< of the frame's payload
  std::string control_;
  std::uint16_t code_ = 0;
  std::string_view failure_;

  bool in_message_ = false, text_ = false, compressed_ = false, over_ = false;
  std::string message_;
  Utf8Stream utf8_;
  std::optional<MessageInflater> inflater_;
};

}  // namespace brume::net
