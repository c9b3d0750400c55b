#include "base/seeded_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace brume {
namespace {

TEST(SeededHash, EqualBytesAreEqualAndLengthsCount) {
  EXPECT_EQ(seeded_hash("abc"), seeded_hash(std::string("abc")));
  std::set<std::uint64_t> seen;
  for (std::size_t length = 0; length < 100; ++length) seen.insert(seeded_hash(std::string(length, '\0')));
  EXPECT_EQ(seen.size(), 100u);
}

TEST(SeededHash, EveryByteCounts) {
  for (std::size_t length : {1u, 7u, 8u, 15u, 16u, 17u, 31u, 32u, 33u, 64u}) {
    const std::string base(length, 'x');
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = base;
      other[at] ^= 1;
      EXPECT_NE(seeded_hash(base), seeded_hash(other)) << length << " " << at;
    }
  }
}

TEST(SeededHash, SpreadsNumberedKeysOverLowAndHighBits) {
  constexpr int kKeys = 64'000;
  std::vector<int> low(64), high(64);
  for (int i = 0; i < kKeys; ++i) {
    const std::uint64_t hash = seeded_hash("item-" + std::to_string(i));
    ++low[hash & 63];
    ++high[hash >> 58];
  }
  for (const auto* counts : {&low, &high})
    for (int count : *counts) EXPECT_NEAR(count, 1000, 250);
}

}  // namespace
}  // namespace brume
