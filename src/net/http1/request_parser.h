// One HTTP/1.x request out of a connection's buffer: Beast's parser for the head, our own framing of the body.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http1/chunked_decoder.h"
#include "net/message/body_plan.h"
#include "net/message/byte_buffer.h"
#include "net/message/http_message.h"

namespace brume::net {

/// Feeds on a buffer that begins with the request's first byte and grows between calls. Knows no socket.
///
/// Refuses what two servers could read in two ways (RFC 9112, section 11.2): bare LF, folded lines, space
/// before a colon, Content-Length together with Transfer-Encoding, differing or listed Content-Length, any
/// coding but exactly "chunked", Transfer-Encoding in HTTP/1.0, missing or repeated Host, control characters.
class RequestParser {
 public:
  struct Limits {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
    /// What becomes of bodies that are not short; null or empty: they are gathered. Outlives the parser.
    const BodyPlanner* plan_body = nullptr;
  };
  enum class Status { need_more, complete, failed };

  explicit RequestParser(Limits limits) : limits_(limits) {}

  /// Goes on with what `buffer` holds. A chunked body is decoded in place, so bytes behind the head may move
  /// up and the buffer shrink. Of a body that is to be streamed, complete means that its head is.
  Status parse(ByteBuffer& buffer);
  /// The next piece of a streamed body, after parse(): bytes of `buffer`, which hold until the next call; those of the
  /// piece before are removed, so that they take no room. Complete with an empty piece: the body's end.
  Status next_piece(ByteBuffer& buffer, std::string_view& piece);
  bool streamed() const { return streamed_; }
  /// Whether the whole body was handed out by next_piece(), or is in the request.
  bool body_ended() const { return stage_ == Stage::complete; }
  /// Bytes of a body that announces them; nullopt for a chunked one.
  std::optional<std::uint64_t> announced() const { return announced_; }

  /// Valid when complete, until the buffer is changed or reset() called. The body is one piece of the buffer.
  Request& request() { return request_; }
  const Request& request() const { return request_; }
  /// Bytes at the buffer's front that the complete request takes, less those that next_piece() has removed.
  std::size_t consumed() const { return consumed_; }
  /// Whether the connection may go on after this request.
  bool keep_alive() const { return keep_alive_; }
  bool head_complete() const { return stage_ != Stage::head; }
  /// The request without its body, once its head was read and found sound, also when failed since; else null. `buffer` is
  /// parse()'s, unchanged but for added bytes.
  const Request* head(ByteBuffer& buffer);
  /// Whether the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// Body bytes known to be missing (0 when unknown).
  std::size_t missing() const { return missing_; }
  /// What the request takes in the buffer at the most, as far as is known.
  std::size_t bytes_max() const { return bytes_max_; }
  /// The status to refuse with when failed: 400, 413, 417 or 431.
  int error_status() const { return error_status_; }

  /// Ready for the next request; keeps the headers' memory.
  void reset();

 private:
  enum class Stage : std::uint8_t { head, sized_body, chunked_body, complete, failed };
  class Head;
  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);

  Status fail(int status);
  Status parse_head(ByteBuffer& buffer);
  Status parse_chunks(ByteBuffer& buffer);
  bool find_head_end(std::string_view bytes);
  BodyPlan plan() const;
  bool accept_target();
  bool accept_host(int host_count, std::size_t host_index);
  void rebase(const char* base);

  Limits limits_;
  Request request_;
  ChunkedDecoder chunks_;
  const char* base_ = nullptr;  ///< where the buffer's first byte was when the views were made
  std::string_view authority_;  ///< of an absolute-form target
  Stage stage_ = Stage::head;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  bool head_sound_ = false;
  bool streamed_ = false;
  int error_status_ = 0;
  std::size_t scanned_ = 0;  ///< the head's end is not before here
  std::size_t head_size_ = 0;
  std::size_t body_size_ = 0;  ///< sized: announced; chunked: decoded up to now
  std::size_t consumed_ = 0;
  std::size_t missing_ = 0;
  std::size_t bytes_max_ = kUnknown;
  std::optional<std::uint64_t> announced_;
  std::uint64_t streamed_left_ = 0;  ///< of an announced body: not handed out yet
  std::size_t piece_size_ = 0;  ///< handed out, still in the buffer
};

}  // namespace brume::net
