#include "net/http1/reply_writer.h"

#include <charconv>
#include <cstring>
#include <ctime>

#include "base/time_text.h"
#include "net/message/channel.h"

namespace brume::net {
namespace {

/// Writes without checks: the caller has made room.
class Cursor {
 public:
  explicit Cursor(char* at) : start_(at), at_(at) {}
  void put(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put_number(std::size_t number) { at_ = std::to_chars(at_, at_ + 20, number).ptr; }
  void put_checked(std::string_view text) {
    for (char c : text) *at_++ = breaks_line(c) ? ' ' : c;
  }
  std::size_t written() const { return static_cast<std::size_t>(at_ - start_); }

 private:
  char* start_;
  char* at_;
};

}  // namespace

void DateText::refresh(std::chrono::system_clock::time_point now) {
  const std::time_t second = std::chrono::system_clock::to_time_t(now);
  if (second == second_) return;
  second_ = second;
  const std::string text = http_date(second);
  std::memcpy(text_, text.data(), std::min(text.size(), sizeof text_));
}

HeaderKind kind_of_header(std::string_view name) {
  using enum HeaderKind;
  switch (name.size()) {
    case 0: return of_connection;
    case 2: return equal_ignoring_case(name, "te") ? of_connection : other;
    case 4: return equal_ignoring_case(name, "date") ? date : other;
    case 7: return equal_ignoring_case(name, "trailer") || equal_ignoring_case(name, "upgrade") ? of_connection : other;
    case 10:
      return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive") ? of_connection : other;
    case 14: return equal_ignoring_case(name, "content-length") ? content_length : other;
    case 16: return equal_ignoring_case(name, "proxy-connection") ? of_connection : other;
    case 17: return equal_ignoring_case(name, "transfer-encoding") ? of_connection : other;
    default: return other;
  }
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

StreamFraming framing_of(const BodyStream& stream, const ReplyForm& form) {
  if (stream.size()) return StreamFraming::sized;
  return form.chunks ? StreamFraming::chunked : StreamFraming::until_close;
}

std::string_view append_reply(ByteBuffer& out, const Response& response, const ReplyForm& form) {
  const bool bodiless = !has_body(response.status);
  const bool left_out = bodiless || form.head_request || response.stream;
  const std::string_view body = left_out ? std::string_view{} : std::string_view(response.body);
  const bool copied = body.size() <= kCopiedBodyMax;
  std::size_t room = 256 + (copied ? body.size() : 0);
  if (response.takeover) room += response.takeover->protocol.size();
  for (const auto& [name, value] : response.headers) room += name.size() + value.size() + 4;

  Cursor at(out.prepare(room));
  at.put("HTTP/1.1 ");
  at.put_number(static_cast<unsigned>(response.status));
  at.put(" ");
  at.put(reason_phrase(response.status));
  at.put("\r\n");
  bool has_date = false;
  bool has_length = false;
  for (const auto& [name, value] : response.headers) {
    switch (kind_of_header(name)) {
      case HeaderKind::of_connection: continue;
      case HeaderKind::date: has_date = true; break;
      case HeaderKind::content_length:
        // A HEAD handler may know the size without making the body.
        if (!form.head_request || bodiless || !response.body.empty() || response.stream) continue;
        has_length = true;
        break;
      case HeaderKind::other: break;
    }
    at.put_checked(name);
    at.put(": ");
    at.put_checked(value);
    at.put("\r\n");
  }
  if (!bodiless && !has_length) {
    const StreamFraming framing = response.stream ? framing_of(*response.stream, form) : StreamFraming::sized;
    if (framing == StreamFraming::sized) {
      at.put("Content-Length: ");
      at.put_number(response.stream ? *response.stream->size() : response.body.size());
      at.put("\r\n");
    } else if (framing == StreamFraming::chunked) {
      at.put("Transfer-Encoding: chunked\r\n");
    }
  }
  if (!has_date) {
    at.put("Date: ");
    at.put(form.date);
    at.put("\r\n");
  }
  if (response.takeover) {
    at.put("Upgrade: ");
    at.put_checked(response.takeover->protocol);
    at.put("\r\nConnection: Upgrade\r\n\r\n");
    out.commit(at.written());
    return {};
  }
  at.put(form.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  if (copied) at.put(body);
  out.commit(at.written());
  return copied ? std::string_view{} : body;
}

}  // namespace brume::net
