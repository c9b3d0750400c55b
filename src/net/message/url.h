// http:// and https:// URLs, as far as a client needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume::net {

struct Url {
  bool secure = false;
  std::string host;       ///< without brackets
  std::uint16_t port = 0;  ///< the scheme's when not given
  std::string authority;  ///< as in a Host header: the port only if it isn't the scheme's
  std::string target;     ///< path and query, never empty; the fragment is gone
};

/// nullopt for anything but http and https, for user names, and for characters that a request line or a
/// Host header may not hold.
std::optional<Url> parse_url(std::string_view text);

}  // namespace brume::net
