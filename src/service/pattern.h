// Patterns of the service models, matched in linear time whatever the input.
#pragma once

#include <string_view>

namespace brume::service {

/// Whether the whole of `text` matches `pattern` (Java's syntax, as the models have it). `pattern` must live as
/// long as the program: compiled patterns are kept. A pattern that needs look-ahead cannot be checked and
/// matches everything. Thread-safe.
bool matches_model_pattern(std::string_view pattern, std::string_view text);

}  // namespace brume::service
