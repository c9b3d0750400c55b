#include "observe/logs/filter_pattern.h"

#include <algorithm>

#include "observe/logs/errors.h"

namespace brume::observe {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Characters of a term without quotes; any other must be quoted (user guide: "Exact terms and phrases that include
/// characters other than alphanumeric and underscore must be placed inside quotation marks"). Beyond ASCII all is taken.
bool is_term_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view(".-/:@#+=,;<>$&~^*").find(c) != std::string_view::npos;
}

AwsError invalid_pattern() { return invalid_parameter("Invalid filter pattern"); }

/// Reads a quoted phrase whose opening quote has been read; \" and \\ stand for the character.
std::string quoted(std::string_view text, std::size_t& at) {
  std::string out;
  while (at < text.size() && text[at] != '"') {
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
    out.push_back(text[at++]);
  }
  if (at == text.size() || out.empty()) throw invalid_pattern();
  ++at;
  return out;
}

std::string term(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  while (at < text.size() && is_term_character(text[at])) ++at;
  if (at == begin) throw invalid_pattern();
  return std::string(text.substr(begin, at - begin));
}

}  // namespace

FilterPattern FilterPattern::parse(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  FilterPattern pattern;
  if (text.empty()) return pattern;
  if (text.front() == '{') throw not_supported("JSON filter patterns ({ … })");
  if (text.front() == '[') throw not_supported("space-delimited filter patterns ([ … ])");
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    auto* list = &pattern.required_;
    if (text[at] == '-' || text[at] == '?') {
      list = text[at] == '-' ? &pattern.excluded_ : &pattern.any_;
      if (++at == text.size()) throw invalid_pattern();
    }
    if (text[at] == '%') throw not_supported("regular expressions in filter patterns (%…%)");
    if (text[at] == '"') list->push_back(quoted(text, ++at));
    else list->push_back(term(text, at));
    if (at < text.size() && !is_space(text[at])) throw invalid_pattern();
  }
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  const auto holds = [&](const std::string& term) { return message.find(term) != std::string_view::npos; };
  if (std::any_of(excluded_.begin(), excluded_.end(), holds)) return false;
  if (!required_.empty()) return std::all_of(required_.begin(), required_.end(), holds);
  return any_.empty() || std::any_of(any_.begin(), any_.end(), holds);
}

}  // namespace brume::observe
