// The character classes of RFC 9110.
#pragma once

#include <array>
#include <string_view>

namespace brume::net {

/// CTL but the horizontal tab: never allowed in a target, a field value or a chunk extension.
constexpr bool is_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u < 0x20 && u != '\t') || u == 0x7f;
}

namespace detail {
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 0x20] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kTokenTable = make_token_table();
}  // namespace detail

/// A character of a method or field name.
constexpr bool is_token(char c) { return detail::kTokenTable[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) {
  for (char c : text)
    if (!is_token(c)) return false;
  return !text.empty();
}

}  // namespace brume::net
