// A response's bytes, as one head (and small body) in the connection's output buffer.
#pragma once

#include <chrono>
#include <string_view>

#include "net/message/byte_buffer.h"
#include "net/message/http_message.h"

namespace brume::net {

/// The Date header's text, made once a second. Not thread-safe: one a loop.
class DateText {
 public:
  void refresh(std::chrono::system_clock::time_point now);
  std::string_view text() const { return {text_, sizeof text_}; }

 private:
  std::int64_t second_ = -1;
  char text_[29] = {};
};

struct ReplyForm {
  bool head_request = false;  ///< answers HEAD: Content-Length, but no body
  bool keep_alive = true;
  bool chunks =
      true;  ///< the client understands the chunked coding; else a stream of unknown size ends with the connection
  std::string_view date = {};
};

/// Bodies up to this size are copied behind their head; larger ones are written from where they are.
inline constexpr std::size_t kCopiedBodyMax = 16 * 1024;

/// What becomes of a header that a handler gave: those of a connection are dropped, two are ours unless they are needed.
enum class HeaderKind { other, of_connection, date, content_length };
HeaderKind kind_of_header(std::string_view name);
/// Whether a character could end a header's line.
inline bool breaks_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

/// Whether a response with that status has a body at all.
bool has_body(int status);
/// How a stream's bytes are marked off.
enum class StreamFraming { sized, chunked, until_close };
StreamFraming framing_of(const BodyStream& stream, const ReplyForm& form);

/// Appends status line, headers and, up to kCopiedBodyMax, the body. Returns the part of the body that the
/// caller has still to write; nothing of a stream. Content-Length, Transfer-Encoding, Date, Upgrade and Connection are ours;
/// hop-by-hop headers of `response` are dropped, line breaks in its headers become spaces.
std::string_view append_reply(ByteBuffer& out, const Response& response, const ReplyForm& form);

}  // namespace brume::net
