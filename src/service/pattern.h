// Patterns, matched in linear time whatever the input: the service models' own, and those that callers give.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

namespace re2 {
class RE2;
}

namespace brume::service {

/// Whether the whole of `text` matches `pattern` (Java's syntax, as the models have it). `pattern` must live as
/// long as the program: compiled patterns are kept. A pattern that is not checkable matches everything. Thread-safe.
bool matches_model_pattern(std::string_view pattern, std::string_view text);

/// Whether `pattern` is understood. Linear matching has no look-around; the models' few patterns with it are
/// listed in pattern.cpp as what must match and what must not (a test finds one that is missing there).
bool is_checkable_pattern(std::string_view pattern);

/// A regular expression that a caller gave. Copies share what was compiled. Thread-safe.
class Pattern {
 public:
  /// nullopt for what is malformed, has look-around or back references, is longer than 4 KiB or would need more than
  /// 1 MiB of memory compiled.
  static std::optional<Pattern> compile(std::string_view text);

  /// Whether the whole of `text` matches. In time linear in it.
  bool matches(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace brume::service
