// Links to function packages, as GetFunction's Code.Location: whoever has one may download for ten minutes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace brume::lambda {

/// A link carries what it is for, its end and a keyed digest over both: nothing is kept, however many are given out, and
/// none can be guessed or made to last. The key is the object's own, so links end with the process. Thread-safe.
class CodeLinks {
 public:
  /// AWS: "Location: The presigned URL … valid for 10 minutes".
  static constexpr std::chrono::minutes kLifetime{10};

  CodeLinks(const Clock& clock, Random& random);

  /// A token of lower-case letters, digits and hyphens for the package `sha256` (base64, as CodeSha256).
  std::string token_for(const std::string& sha256) const;
  /// The package that `token` is for; nullopt if it is none of ours, or its time is over.
  std::optional<std::string> package_of(std::string_view token) const;

 private:
  std::string seal(std::string_view text) const;

  const Clock& clock_;
  const std::string key_;
};

}  // namespace brume::lambda
