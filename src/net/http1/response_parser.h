// One HTTP/1.x response out of a connection's buffer.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "net/http1/chunked_decoder.h"
#include "net/message/byte_buffer.h"
#include "net/message/http_message.h"

namespace brume::net {

/// Interim responses (1xx) are skipped. Knows no socket.
class ResponseParser {
 public:
  enum class Status { need_more, complete, malformed, too_large };

  /// For a body that is taken out piece by piece, of any length.
  static constexpr std::size_t kStreamed = std::numeric_limits<std::size_t>::max();

  /// `head_request`: the response has no body whatever its headers say.
  ResponseParser(bool head_request, std::size_t body_bytes_max)
      : head_request_(head_request), streamed_(body_bytes_max == kStreamed), body_left_(body_bytes_max) {}

  /// Takes what it can use from the front of `buffer`; what is left belongs to no response.
  Status parse(ByteBuffer& buffer);
  /// The stream has ended: complete if that is how this response ends, malformed if it is cut off.
  Status finish();

  /// Valid when complete; but for the body, as soon as the head is. The body read up to now may be taken out at any time.
  Response& response() { return response_; }
  bool complete() const { return stage_ == Stage::complete; }
  bool head_complete() const { return stage_ != Stage::head && stage_ != Stage::malformed; }
  /// The body's bytes in all, if the head says so.
  std::optional<std::uint64_t> announced() const { return announced_; }
  bool keep_alive() const { return keep_alive_; }

 private:
  enum class Stage : std::uint8_t { head, sized_body, chunked_body, body_until_close, complete, malformed, too_large };
  class Head;

  Status status() const;
  void parse_head(ByteBuffer& buffer);
  void take_body(ByteBuffer& buffer);
  void choose_framing(const Head& head);

  const bool head_request_;
  const bool streamed_;
  std::size_t body_left_;  ///< sized: still to come; until close: still allowed
  Response response_;
  ChunkedDecoder chunks_;
  Stage stage_ = Stage::head;
  bool keep_alive_ = false;
  std::optional<std::uint64_t> announced_;
  int interim_ = 0;
  std::size_t scanned_ = 0;
};

}  // namespace brume::net
