#include "net/reply_writer.h"

#include <charconv>
#include <cstring>
#include <ctime>

#include "base/time_text.h"

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
    for (char c : text) *at_++ = c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
  std::size_t written() const { return static_cast<std::size_t>(at_ - start_); }

 private:
  char* start_;
  char* at_;
};

enum class Kept { yes, no, date, content_length };

/// What becomes of a header that the handler gave.
Kept classify(std::string_view name) {
  switch (name.size()) {
    case 2: return equal_ignoring_case(name, "te") ? Kept::no : Kept::yes;
    case 4: return equal_ignoring_case(name, "date") ? Kept::date : Kept::yes;
    case 7: return equal_ignoring_case(name, "trailer") ? Kept::no : Kept::yes;
    case 10:
      return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive") ? Kept::no : Kept::yes;
    case 14: return equal_ignoring_case(name, "content-length") ? Kept::content_length : Kept::yes;
    case 17: return equal_ignoring_case(name, "transfer-encoding") ? Kept::no : Kept::yes;
    default: return name.empty() ? Kept::no : Kept::yes;
  }
}

}  // namespace

void DateText::refresh(std::chrono::system_clock::time_point now) {
  const std::time_t second = std::chrono::system_clock::to_time_t(now);
  if (second == second_) return;
  second_ = second;
  const std::string text = http_date(second);
  std::memcpy(text_, text.data(), std::min(text.size(), sizeof text_));
}

std::string_view append_reply(ByteBuffer& out, const Response& response, const ReplyForm& form) {
  const bool bodiless = response.status == 204 || response.status == 304 || response.status < 200;
  const std::string_view body = bodiless || form.head_request ? std::string_view{} : std::string_view(response.body);
  const bool copied = body.size() <= kCopiedBodyMax;
  std::size_t room = 256 + (copied ? body.size() : 0);
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
    switch (classify(name)) {
      case Kept::no: continue;
      case Kept::date: has_date = true; break;
      case Kept::content_length:
        // A HEAD handler may know the size without making the body.
        if (!form.head_request || bodiless || !response.body.empty()) continue;
        has_length = true;
        break;
      case Kept::yes: break;
    }
    at.put_checked(name);
    at.put(": ");
    at.put_checked(value);
    at.put("\r\n");
  }
  if (!bodiless && !has_length) {
    at.put("Content-Length: ");
    at.put_number(response.body.size());
    at.put("\r\n");
  }
  if (!has_date) {
    at.put("Date: ");
    at.put(form.date);
    at.put("\r\n");
  }
  at.put(form.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  if (copied) at.put(body);
  out.commit(at.written());
  return copied ? std::string_view{} : body;
}

}  // namespace brume::net
