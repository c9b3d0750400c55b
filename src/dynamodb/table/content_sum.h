// Comparing two sets of entries that come in different orders, without keeping either. Private to dynamodb/.
#pragma once

#include <cstdint>
#include <string_view>

namespace brume::dynamodb {

/// Number and sum of hashes of the entries of a set: two sets are equal if these are, but for a chance of 1 to 2^128.
/// Not made to withstand somebody who looks for collisions.
class ContentSum {
 public:
  void add(std::string_view key, std::string_view value);
  /// Takes out what was added or will be.
  void remove(std::string_view key, std::string_view value);
  std::uint64_t count() const { return count_; }
  bool operator==(const ContentSum&) const = default;

 private:
  std::uint64_t count_ = 0;
  unsigned __int128 sum_ = 0;
};

}  // namespace brume::dynamodb
