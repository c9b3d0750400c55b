// Words that may not stand as attribute names in expressions.
// Source: "Reserved words in DynamoDB", DynamoDB Developer Guide.
#pragma once

#include <string_view>

namespace brume::dynamodb {

/// Whatever its case.
bool is_reserved_word(std::string_view word);

}  // namespace brume::dynamodb
