#include "lambda/code_link.h"

#include <charconv>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/text.h"

namespace brume::lambda {
namespace {

std::int64_t unix_second(WallTime time) { return unix_millis(time) / 1000; }

}  // namespace

CodeLinks::CodeLinks(const Clock& clock, Random& random) : clock_(clock), key_(random.text(64, kLowerAlphanumeric)) {}

std::string CodeLinks::seal(std::string_view text) const { return hex_encode(hmac_sha256(key_, text)); }

std::string CodeLinks::token_for(const std::string& sha256) const {
  const std::string text = std::to_string(unix_second(clock_.now() + kLifetime)) + "-" + hex_encode(sha256);
  return text + "-" + seal(text);
}

std::optional<std::string> CodeLinks::package_of(std::string_view token) const {
  const auto parts = split(token, '-');
  if (parts.size() != 3) return std::nullopt;
  const std::string_view text = token.substr(0, parts[0].size() + 1 + parts[1].size());
  if (!equal_constant_time(parts[2], seal(text))) return std::nullopt;
  std::int64_t end = 0;
  std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), end);
  if (unix_second(clock_.now()) >= end) return std::nullopt;
  return hex_decode(parts[1]);
}

}  // namespace brume::lambda
