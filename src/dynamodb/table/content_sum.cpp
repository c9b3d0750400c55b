#include "dynamodb/table/content_sum.h"

#include <cstring>

namespace brume::dynamodb {
namespace {

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Two independent 64-bit hashes, each fed with every word and the lengths.
struct Hash {
  std::uint64_t low = 0x9e3779b97f4a7c15;
  std::uint64_t high = 0xc2b2ae3d27d4eb4f;

  void word(std::uint64_t value) {
    low = mixed(low ^ value, 0xe7037ed1a0b428db);
    high = mixed(high + value, 0x8ebc6af09c88c6e3) + value;
  }
  void bytes(std::string_view text) {
    word(text.size());
    while (!text.empty()) {
      std::uint64_t value = 0;
      const std::size_t size = text.size() < sizeof value ? text.size() : sizeof value;
      std::memcpy(&value, text.data(), size);
      word(value);
      text.remove_prefix(size);
    }
  }
};

unsigned __int128 hash_of(std::string_view key, std::string_view value) {
  Hash hash;
  hash.bytes(key);
  hash.bytes(value);
  return static_cast<unsigned __int128>(mixed(hash.high, 0x589965cc75374cc3)) << 64 |
         mixed(hash.low, 0x1d8e4e27c47d124f);
}

}  // namespace

void ContentSum::add(std::string_view key, std::string_view value) {
  count_ += 1;
  sum_ += hash_of(key, value);
}

void ContentSum::remove(std::string_view key, std::string_view value) {
  count_ -= 1;
  sum_ -= hash_of(key, value);
}

}  // namespace brume::dynamodb
