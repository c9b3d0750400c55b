// PartiQL text to tokens. Private to dynamodb/.
// Source: the PartiQL specification's lexical part, as far as DynamoDB takes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace brume::dynamodb::partiql {

/// Longest statement that AWS takes.
inline constexpr std::size_t kMaxStatementBytes = 8192;

enum class TokenKind : std::uint8_t {
  identifier,  ///< a bare word that is no keyword
  quoted,      ///< "name"
  keyword,     ///< a reserved word; Token::word is it in upper case
  string,      ///< 'text'
  number,
  operation,   ///< = <> != < <= > >= + - * / % ||
  punctuation, ///< ( ) [ ] { } << >> , . : ; ?
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t begin = 0;  ///< byte offsets into the text, quotes included
  std::uint32_t end = 0;
  std::string_view word;  ///< keyword: upper case, static; operation, punctuation, identifier and number: as written

  bool is(std::string_view what) const {
    const bool is_fixed = kind == TokenKind::keyword || kind == TokenKind::operation || kind == TokenKind::punctuation;
    return is_fixed && word == what;
  }
};

/// The last token is always TokenKind::end. Words point into `text`. Errors: ValidationException
/// "Statement wasn't well formed, can't be processed: " with nothing behind it, for what is no token at all.
std::vector<Token> tokenize(std::string_view text);

/// The keyword in upper case if `word` is reserved, in whatever case; else empty.
std::string_view keyword_of(std::string_view word);

/// What stands between the quotes of a quoted or string token, a doubled quote being one.
std::string unquoted(std::string_view token_text);

/// Throws ValidationException "Statement wasn't well formed, can't be processed: <detail>".
[[noreturn]] void throw_malformed(std::string_view detail);

}  // namespace brume::dynamodb::partiql
