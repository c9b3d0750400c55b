#include "dynamodb/partiql/lexer.h"

#include "dynamodb/request/errors.h"

namespace brume::dynamodb::partiql {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    for (;;) {
      skip_blanks();
      const std::size_t begin = at_;
      if (at_ == text_.size()) break;
      const TokenKind kind = next();
      Token token{kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_),
                  text_.substr(begin, at_ - begin)};
      if (kind == TokenKind::identifier) {
        if (const std::string_view keyword = keyword_of(token.word); !keyword.empty()) {
          token.kind = TokenKind::keyword;
          token.word = keyword;
        }
      }
      tokens_.push_back(token);
    }
    const auto end = static_cast<std::uint32_t>(text_.size());
    tokens_.push_back({TokenKind::end, end, end, {}});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (is_space(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (peek() == '/' && peek(1) == '*') {
        const std::size_t close = text_.find("*/", at_ + 2);
        if (close == std::string_view::npos) throw_malformed("");
        at_ = close + 2;
      } else {
        return;
      }
    }
  }

  TokenKind next() {
    const char c = peek();
    if (is_letter(c)) {
      while (is_letter(peek()) || is_digit(peek())) ++at_;
      return TokenKind::identifier;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
      return TokenKind::number;
    }
    if (c == '\'' || c == '"') {
      quotes(c);
      return c == '"' ? TokenKind::quoted : TokenKind::string;
    }
    for (const std::string_view two : {"<<", ">>"})
      if (text_.substr(at_, 2) == two) return take(2, TokenKind::punctuation);
    for (const std::string_view two : {"<>", "<=", ">=", "!=", "||"})
      if (text_.substr(at_, 2) == two) return take(2, TokenKind::operation);
    if (std::string_view("()[]{},.:;?").find(c) != std::string_view::npos) return take(1, TokenKind::punctuation);
    if (std::string_view("=<>+-*/%").find(c) != std::string_view::npos) return take(1, TokenKind::operation);
    throw_malformed("");
  }

  TokenKind take(std::size_t bytes, TokenKind kind) {
    at_ += bytes;
    return kind;
  }

  void digits() {
    while (is_digit(peek())) ++at_;
  }

  /// An exponent needs digits: in "1 e5" and "1e" the letter begins a word.
  void number() {
    digits();
    if (peek() == '.') {
      ++at_;
      digits();
    }
    if (peek() != 'e' && peek() != 'E') return;
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return;
    at_ += 1 + sign;
    digits();
  }

  void quotes(char quote) {
    ++at_;
    for (;;) {
      const std::size_t close = text_.find(quote, at_);
      if (close == std::string_view::npos) throw_malformed("");
      at_ = close + 1;
      if (peek() != quote) return;
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

std::string unquoted(std::string_view token_text) {
  const char quote = token_text.front();
  std::string out;
  for (std::size_t i = 1; i + 1 < token_text.size(); ++i) {
    out += token_text[i];
    if (token_text[i] == quote) ++i;
  }
  return out;
}

void throw_malformed(std::string_view detail) {
  throw_validation("Statement wasn't well formed, can't be processed: " + std::string(detail));
}

}  // namespace brume::dynamodb::partiql
