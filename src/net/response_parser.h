// One HTTP/1.x response out of a connection's buffer.
#pragma once

#include <cstdint>

#include "net/byte_buffer.h"
#include "net/chunked_decoder.h"
#include "net/http_message.h"

namespace brume::net {

/// Interim responses (1xx) are skipped. Knows no socket.
class ResponseParser {
 public:
  enum class Status { need_more, complete, malformed, too_large };

  /// `head_request`: the response has no body whatever its headers say.
  ResponseParser(bool head_request, std::size_t body_bytes_max)
      : head_request_(head_request), body_left_(body_bytes_max) {}

  /// Takes what it can use from the front of `buffer`; what is left belongs to no response.
  Status parse(ByteBuffer& buffer);
  /// The stream has ended: complete if that is how this response ends, malformed if it is cut off.
  Status finish();

  /// Valid when complete.
  Response& response() { return response_; }
  bool keep_alive() const { return keep_alive_; }

 private:
  enum class Stage : std::uint8_t { head, sized_body, chunked_body, body_until_close, complete, malformed, too_large };
  class Head;

  Status status() const;
  void parse_head(ByteBuffer& buffer);
  void take_body(ByteBuffer& buffer);
  void choose_framing(const Head& head);

  const bool head_request_;
  std::size_t body_left_;  ///< sized: still to come; until close: still allowed
  Response response_;
  ChunkedDecoder chunks_;
  Stage stage_ = Stage::head;
  bool keep_alive_ = false;
  int interim_ = 0;
  std::size_t scanned_ = 0;
};

}  // namespace brume::net
