#include "observe/logs/utf8.h"

namespace brume::observe {
namespace {

/// Bytes of the character at `at`; 0 if there is none.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  const unsigned second = byte(at + 1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;  // too long; surrogates
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return bytes;
}

}  // namespace

std::string to_valid_utf8(std::string text) {
  std::size_t valid = 0;
  while (valid < text.size()) {
    const std::size_t bytes = character_bytes(text, valid);
    if (bytes == 0) break;
    valid += bytes;
  }
  if (valid == text.size()) return text;
  std::string out = text.substr(0, valid);
  while (valid < text.size()) {
    const std::size_t bytes = character_bytes(text, valid);
    if (bytes == 0) out += "\xef\xbf\xbd";
    else out.append(text, valid, bytes);
    valid += bytes == 0 ? 1 : bytes;
  }
  return out;
}

}  // namespace brume::observe
