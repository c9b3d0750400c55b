#include "dynamodb/expression/lexer.h"

#include <array>

namespace brume::dynamodb {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

struct Keyword {
  std::string_view word;
  TokenKind kind;
};
constexpr std::array<Keyword, 9> kKeywords = {{{"AND", TokenKind::keyword_and},
                                               {"OR", TokenKind::keyword_or},
                                               {"NOT", TokenKind::keyword_not},
                                               {"BETWEEN", TokenKind::keyword_between},
                                               {"IN", TokenKind::keyword_in},
                                               {"SET", TokenKind::keyword_set},
                                               {"REMOVE", TokenKind::keyword_remove},
                                               {"ADD", TokenKind::keyword_add},
                                               {"DELETE", TokenKind::keyword_delete}}};

bool equals_upper(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((word[i] & ~0x20) != upper[i]) return false;
  return true;
}

TokenKind word_kind(std::string_view word) {
  if (word.size() < 2 || word.size() > 7) return TokenKind::identifier;
  for (const Keyword& keyword : kKeywords)
    if (equals_upper(word, keyword.word)) return keyword.kind;
  return TokenKind::identifier;
}

TokenKind punctuation_kind(char c) {
  switch (c) {
    case '=': return TokenKind::equal;
    case '<': return TokenKind::less;
    case '>': return TokenKind::greater;
    case '(': return TokenKind::left_paren;
    case ')': return TokenKind::right_paren;
    case '[': return TokenKind::left_bracket;
    case ']': return TokenKind::right_bracket;
    case ',': return TokenKind::comma;
    case '.': return TokenKind::dot;
    case '+': return TokenKind::plus;
    case '-': return TokenKind::minus;
    default: return TokenKind::unknown;
  }
}

/// Bytes of the UTF-8 character at the front: an unknown character is shown whole in errors.
std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  if (static_cast<unsigned char>(text[0]) >= 0xc0)
    while (length < text.size() && length < 4 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) ++length;
  return length;
}

}  // namespace

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 3 + 2);
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    TokenKind kind;
    if (is_letter(c)) {
      while (at < text.size() && is_word(text[at])) ++at;
      kind = word_kind(text.substr(begin, at - begin));
    } else if (c == '#' || c == ':') {
      ++at;
      while (at < text.size() && is_word(text[at])) ++at;
      kind = at == begin + 1 ? TokenKind::unknown : c == '#' ? TokenKind::name : TokenKind::value;
    } else if (is_digit(c)) {
      // A number doesn't begin with 0 unless it is 0.
      ++at;
      if (c != '0')
        while (at < text.size() && is_digit(text[at])) ++at;
      kind = TokenKind::integer;
    } else if (const std::string_view two = text.substr(at, 2); two == "<>" || two == "<=" || two == ">=") {
      at += 2;
      kind = two == "<>" ? TokenKind::not_equal : two == "<=" ? TokenKind::less_equal : TokenKind::greater_equal;
    } else {
      kind = punctuation_kind(c);
      at += kind == TokenKind::unknown ? character_length(text.substr(at)) : 1;
    }
    tokens.push_back({kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at)});
  }
  const auto end = static_cast<std::uint32_t>(text.size());
  tokens.push_back({TokenKind::end, end, end});
  return tokens;
}

}  // namespace brume::dynamodb
