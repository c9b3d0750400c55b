#include "base/seeded_hash.h"

#include <cstring>

#include "base/random.h"

namespace brume {
namespace {

struct Secret {
  std::uint64_t start, left, right, end;
};

Secret new_secret() {
  SystemRandom random;
  const auto odd = [&random] { return random.next() | 1; };
  return {odd(), odd(), odd(), odd()};
}

const Secret secret = new_secret();

/// Both halves of the product, folded: every bit of either factor reaches every bit of the result. Whoever does not know
/// the secrets in the factors cannot make one of them zero.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

std::uint64_t seeded_hash(std::string_view bytes) noexcept {
  std::uint64_t state = secret.start ^ bytes.size();
  while (bytes.size() > 16) {
    state = mixed(word_at(bytes.data()) ^ secret.left, word_at(bytes.data() + 8) ^ state);
    bytes.remove_prefix(16);
  }
  char rest[16] = {};
  std::memcpy(rest, bytes.data(), bytes.size());
  state = mixed(word_at(rest) ^ secret.right, word_at(rest + 8) ^ state);
  return mixed(state ^ secret.end, secret.start);
}

}  // namespace brume
