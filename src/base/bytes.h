// Fixed-width integers in byte strings, big-endian so that bytes sort as the numbers do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace brume {

template <class T>
void append_big_endian(std::string& out, T value) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
}

/// Reads sizeof(T) bytes; the caller has checked that they are there.
template <class T>
T read_big_endian(const char* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return static_cast<T>(value);
}

}  // namespace brume
