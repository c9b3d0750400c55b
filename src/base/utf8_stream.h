// Well-formed UTF-8 that comes in pieces.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace brume {

/// Says at the first byte that can't belong to well-formed text that it is wrong, wherever the pieces are cut.
class Utf8Stream {
 public:
  /// False once what has come is no beginning of well-formed text; the object is of no use then.
  bool add(std::string_view piece) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (at < end) {
      if (left_ == 0) {
        while (end - at >= 8 && is_ascii(at)) at += 8;
        if (at == end) break;
      }
      if (!step(static_cast<unsigned char>(*at++))) return false;
    }
    return true;
  }
  /// Whether no character is cut off.
  bool complete() const { return left_ == 0; }

 private:
  static bool is_ascii(const char* eight) {
    std::uint64_t word = 0;
    std::memcpy(&word, eight, sizeof word);
    return (word & 0x8080808080808080ULL) == 0;
  }

  bool step(unsigned char byte) {
    if (left_ > 0) {
      if (byte < low_ || byte > high_) return false;
      --left_;
      low_ = 0x80;
      high_ = 0xBF;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xC2 || byte > 0xF4) return false;
    left_ = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
    low_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;   // no overlong forms
    high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;  // no surrogates, nothing beyond U+10FFFF
    return true;
  }

  std::uint8_t left_ = 0;  ///< bytes of the character that are to come
  std::uint8_t low_ = 0x80, high_ = 0xBF;  ///< of the next of them
};

}  // namespace brume
