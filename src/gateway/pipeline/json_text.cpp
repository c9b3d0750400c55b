#include "gateway/pipeline/json_text.h"

#include <cstdint>

namespace brume::gateway {

namespace {

/// Length of the UTF-8 sequence at `at`, 0 when there is none (RFC 3629: shortest form, no surrogates).
std::size_t sequence_length(std::string_view bytes, std::size_t at) {
  auto byte = [&](std::size_t i) { return at + i < bytes.size() ? static_cast<std::uint8_t>(bytes[at + i]) : 0; };
  auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

bool plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

void append_escaped(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  out += "\\u00";
  out.push_back(kHex[(c >> 4) & 0xF]);
  out.push_back(kHex[c & 0xF]);
}

}  // namespace

void append_json_string(std::string& out, std::string_view bytes) {
  out.push_back('"');
  std::size_t from = 0;  // what is before it has been written
  for (std::size_t i = 0; i < bytes.size();) {
    if (plain(static_cast<unsigned char>(bytes[i]))) {
      ++i;
      continue;
    }
    if (std::size_t length = sequence_length(bytes, i); length > 1) {
      i += length;
      continue;
    }
    out.append(bytes.substr(from, i - from));
    if (static_cast<unsigned char>(bytes[i]) < 0x80) append_escaped(out, bytes[i]);
    else out += "\xEF\xBF\xBD";
    from = ++i;
  }
  out.append(bytes.substr(from));
  out.push_back('"');
}

}  // namespace brume::gateway
