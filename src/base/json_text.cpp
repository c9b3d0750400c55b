#include "base/json_text.h"

#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace brume {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

char short_escape(char c) {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\b': return 'b';
    case '\f': return 'f';
    default: return 0;
  }
}

}  // namespace

std::size_t json_plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHighs = 0x8080808080808080u;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {  // eight are looked at together
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    // A byte's high bit is set where the byte is below 0x20, or zero after the XOR. A borrow can only
    // mark further bytes above a marked one, so no false silence; the tail loop finds the exact place.
    const std::uint64_t marked =
        (((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) & kHighs;
    if (marked != 0) break;
  }
  while (at < text.size() && !needs_escape(text[at])) ++at;
  return at;
}

std::size_t write_json_escape(char c, char* to) {
  to[0] = '\\';
  if (const char letter = short_escape(c)) {
    to[1] = letter;
    return 2;
  }
  to[1] = 'u';
  to[2] = to[3] = '0';
  to[4] = kHex[static_cast<unsigned char>(c) >> 4];
  to[5] = kHex[c & 15];
  return 6;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    // Escapes are single characters, so cutting there cuts no character of several bytes in two.
    const std::size_t plain = json_plain_prefix(text);
    append_valid_utf8(out, text.substr(0, plain));
    if (plain == text.size()) break;
    char escape[kJsonEscapeMax];
    out.append(escape, write_json_escape(text[plain], escape));
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

}  // namespace brume
