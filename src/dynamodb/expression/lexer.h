// Expression text to tokens. Never fails: a character that AWS doesn't know becomes a token of its own,
// at which the parser then stops.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace brume::dynamodb {

enum class TokenKind : std::uint8_t {
  identifier,   ///< a letter, then letters, digits and '_'
  name,         ///< #placeholder
  value,        ///< :placeholder
  integer,
  keyword_and,
  keyword_or,
  keyword_not,
  keyword_between,
  keyword_in,
  keyword_set,
  keyword_remove,
  keyword_add,
  keyword_delete,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  left_paren,
  right_paren,
  left_bracket,
  right_bracket,
  comma,
  dot,
  plus,
  minus,
  unknown,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t begin = 0;  ///< byte offsets into the text
  std::uint32_t end = 0;
};

/// The last token is always TokenKind::end. `text` is at most 4 GiB (callers check AWS's 4096 bytes before).
std::vector<Token> tokenize(std::string_view text);

}  // namespace brume::dynamodb
