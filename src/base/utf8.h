// Well-formed UTF-8 (RFC 3629): what JSON and XML may carry.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace brume {

/// How many bytes the character at the start of `text` takes; 0 if it is malformed, cut off, or `text` is empty.
constexpr std::size_t utf8_character_size(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogate
  if (first == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
  return size;
}

/// The length of the longest well-formed start of `text`; its size if all is well.
constexpr std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

constexpr bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

/// Appends `text` with each byte that is no part of a character replaced by U+FFFD.
void append_valid_utf8(std::string& out, std::string_view text);
/// `text` with each byte that is no part of a character replaced by U+FFFD.
std::string to_valid_utf8(std::string text);

}  // namespace brume
