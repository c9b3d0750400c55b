#include "observe/logs/tokens.h"

#include "base/encoding.h"
#include "observe/logs/errors.h"

namespace brume::observe {
namespace {

void append_padded(std::string& out, std::uint64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  out.append(width - std::min(width, digits.size()), '0').append(digits);
}

}  // namespace

std::string EventToken::text() const {
  std::string key;
  position.append_to(key);
  return (forward ? "f/" : "b/") + hex_encode(key) + "/s";
}

EventToken EventToken::parse(std::string_view text) {
  const bool forward = text.starts_with("f/");
  if ((!forward && !text.starts_with("b/")) || !text.ends_with("/s") || text.size() != 4 + 2 * Position::kBytes)
    throw invalid_next_token();
  const std::optional<std::string> key = hex_decode(text.substr(2, 2 * Position::kBytes));
  if (!key) throw invalid_next_token();
  return {forward, Position::of_key(*key)};
}

std::string key_token(std::string_view key_end) { return base64_encode(key_end); }

std::string key_of_token(std::string_view token) {
  std::optional<std::string> key = base64_decode(token);
  if (!key || key->empty()) throw invalid_next_token();
  return std::move(*key);
}

std::string event_id(const Position& position) {
  std::string id;
  append_padded(id, position.millis, 20);
  append_padded(id, position.version, 24);
  append_padded(id, position.index, 12);
  return id;
}

}  // namespace brume::observe
