#include "gateway/pipeline/plain_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace brume::gateway {

namespace {

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }

constexpr std::array<std::string_view, 15> kDirectives = {"set",     "if",       "else",   "elseif",  "end",
                                                          "foreach", "include",  "parse",  "macro",   "stop",
                                                          "break",   "evaluate", "define", "literal", "return"};

bool reference_at(std::string_view text) {  // text begins after '$'
  if (text.starts_with('!')) text.remove_prefix(1);
  if (text.starts_with('{')) text.remove_prefix(1);
  return !text.empty() && letter(text.front());
}

bool directive_at(std::string_view text) {  // text begins after '#'
  if (text.starts_with('#') || text.starts_with('*') || text.starts_with("[[")) return true;
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.starts_with('@')) return text.size() > 1 && letter(text[1]);
  std::size_t length = 0;
  while (length < text.size() && letter(text[length])) ++length;
  std::string_view name = text.substr(0, length);
  return std::find(kDirectives.begin(), kDirectives.end(), name) != kDirectives.end();
}

/// Walks the members of one object, skipping values that are of no interest.
class LenientReader {
 public:
  explicit LenientReader(std::string_view text) : rest_(text) {}

  std::optional<int> status_code() {
    if (!take('{')) return std::nullopt;
    std::optional<int> status;
    while (!take('}')) {
      std::string_view key = word();
      if (key.empty() || !take(':')) return std::nullopt;
      if (key == "statusCode") {
        status = integer();
        if (!status) return std::nullopt;
      } else if (!skip_value()) {
        return std::nullopt;
      }
      if (!take(',') && peek() != '}') return std::nullopt;
    }
    space();
    return rest_.empty() ? status : std::nullopt;
  }

 private:
  void space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) rest_.remove_prefix(1);
  }
  char peek() {
    space();
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view quoted(char quote) {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == quote) {
        std::string_view inner = rest_.substr(1, i - 1);
        rest_.remove_prefix(i + 1);
        return inner;
      }
    }
    rest_ = {};
    return {};
  }
  std::string_view word() {
    char first = peek();
    if (first == '"' || first == '\'') return quoted(first);
    std::size_t length = std::min(rest_.find_first_of(":,{}[]\"' \t\r\n"), rest_.size());
    std::string_view bare = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bare;
  }
  std::optional<int> integer() {
    space();
    int value = 0;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    char next = peek();
    return next == ',' || next == '}' ? std::optional(value) : std::nullopt;
  }
  bool skip_value() {
    int depth = 0;
    while (true) {
      char c = peek();
      if (c == '\0') return false;
      if (c == '"' || c == '\'') {
        quoted(c);
        if (depth == 0) return true;
      } else if (c == '{' || c == '[') {
        ++depth;
        rest_.remove_prefix(1);
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        rest_.remove_prefix(1);
        if (--depth == 0) return true;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return c == ',';
        rest_.remove_prefix(1);
      } else {
        if (word().empty()) return false;
        if (depth == 0) return true;
      }
    }
  }

  std::string_view rest_;
};

}  // namespace

bool uses_vtl(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '$' && reference_at(text.substr(i + 1))) return true;
    if (text[i] == '#' && directive_at(text.substr(i + 1))) return true;
  }
  return false;
}

std::optional<int> mock_status_code(std::string_view text) { return LenientReader(text).status_code(); }

}  // namespace brume::gateway
