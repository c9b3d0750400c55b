// Patterns of the service models, matched in linear time whatever the input.
#pragma once

#include <string_view>

namespace brume::service {

/// Whether the whole of `text` matches `pattern` (Java's syntax, as the models have it). `pattern` must live as
/// long as the program: compiled patterns are kept. A pattern that is not checkable matches everything. Thread-safe.
bool matches_model_pattern(std::string_view pattern, std::string_view text);

/// Whether `pattern` is understood. Linear matching has no look-around; the models' few patterns with it are
/// listed in pattern.cpp as what must match and what must not (a test finds one that is missing there).
bool is_checkable_pattern(std::string_view pattern);

}  // namespace brume::service
