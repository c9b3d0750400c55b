#include "wire/key_encoding.h"

#include <cstring>

namespace brume::wire {
namespace {
constexpr char kEscaped = static_cast<char>(0xff);  // 00 FF: a zero byte of the value
constexpr char kEnd = 0x01;                         // 00 01: the end, less than any continuation
}  // namespace

void append_key_prefix(std::string& out, std::string_view prefix) {
  while (!prefix.empty()) {
    const void* zero = std::memchr(prefix.data(), 0, prefix.size());
    if (zero == nullptr) {
      out.append(prefix);
      return;
    }
    const std::size_t length = static_cast<std::size_t>(static_cast<const char*>(zero) - prefix.data()) + 1;
    out.append(prefix.substr(0, length));
    out.push_back(kEscaped);
    prefix.remove_prefix(length);
  }
}

void append_key(std::string& out, ValueView value) {
  if (value.type() == ValueType::number) {
    out.append(value.number_bytes());
    return;
  }
  append_key_prefix(out, value.content());
  out.push_back(0);
  out.push_back(kEnd);
}

bool read_key(std::string_view& bytes, ValueType type, std::string& out) {
  if (type == ValueType::number) {
    const std::size_t length = Number::check_ordered(bytes);
    if (length == 0) return false;
    append_number_bytes(out, bytes.substr(0, length));
    bytes.remove_prefix(length);
    return true;
  }
  if (type != ValueType::string && type != ValueType::binary) return false;
  std::string text;
  std::string_view left = bytes;
  while (true) {
    const std::size_t zero = left.find('\0');
    if (zero == std::string_view::npos || zero + 1 >= left.size()) return false;
    const char mark = left[zero + 1];
    if (mark != kEnd && mark != kEscaped) return false;
    text.append(left.substr(0, zero + (mark == kEscaped ? 1 : 0)));
    left.remove_prefix(zero + 2);
    if (mark == kEnd) break;
  }
  bytes = left;
  if (type == ValueType::string) append_string(out, text);
  else append_binary(out, text);
  return true;
}

std::string after_prefix(std::string_view prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.remove_suffix(1);
  std::string out(prefix);
  if (!out.empty()) out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
  return out;
}

}  // namespace brume::wire
