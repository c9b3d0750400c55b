// Expression text to Syntax. Errors: ValidationException, "Invalid <parameter>: …", for an expression that is
// empty, too long, not of the grammar, or has redundant parentheses.
#pragma once

#include <string>
#include <string_view>

#include "dynamodb/expression/syntax.h"

namespace brume::dynamodb {

inline constexpr std::size_t kMaxExpressionBytes = 4096;
inline constexpr std::uint32_t kMaxOperators = 300;

/// Throws AwsError(kValidationException, "Invalid <parameter>: <text>").
[[noreturn]] void fail_expression(std::string_view parameter, std::string_view text);

Syntax parse_condition_syntax(std::string_view text, std::string_view parameter);
Syntax parse_update_syntax(std::string_view text);
Syntax parse_projection_syntax(std::string_view text);

}  // namespace brume::dynamodb
