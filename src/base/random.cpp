#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <utility>

namespace brume {

std::string Random::text(std::size_t length, std::string_view alphabet) {
  std::string out;
  out.reserve(length);
  if (std::has_single_bit(alphabet.size())) {  // each character takes its own bits, and none are drawn in vain
    const int width = std::countr_zero(alphabet.size()), draws = width == 0 ? 64 : 64 / width;
    while (out.size() < length) {
      std::uint64_t bits = next();
      for (int i = 0; i < draws && out.size() < length; ++i, bits >>= width)
        out.push_back(alphabet[bits & (alphabet.size() - 1)]);
    }
    return out;
  }
  // Rejection keeps the draw uniform when the alphabet does not divide 256.
  const std::uint64_t limit = 256 - 256 % alphabet.size();
  while (out.size() < length) {
    std::uint64_t bits = next();
    for (int i = 0; i < 8 && out.size() < length; ++i, bits >>= 8) {
      if (const std::uint64_t byte = bits & 0xff; byte < limit) out.push_back(alphabet[byte % alphabet.size()]);
    }
  }
  return out;
}

std::string Random::uuid() {
  std::uint64_t high = next();
  std::uint64_t low = next();
  high = (high & ~0xf000ULL) | 0x4000ULL;                              // version 4
  low = (low & ~0xc000000000000000ULL) | 0x8000000000000000ULL;        // RFC 4122 variant
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (int i = 60; i >= 0; i -= 4) {
    if (at == 8 || at == 13) ++at;
    out[at++] = digits[(high >> i) & 15];
  }
  ++at;
  for (int i = 60; i >= 0; i -= 4) {
    if (at == 23) ++at;
    out[at++] = digits[(low >> i) & 15];
  }
  return out;
}

std::uint64_t SystemRandom::next() {
  thread_local std::array<std::uint64_t, 64> buffer;
  thread_local std::size_t used = buffer.size();
  if (used == buffer.size()) {
    auto* bytes = reinterpret_cast<char*>(buffer.data());
    std::size_t filled = 0;
    while (filled < sizeof buffer) {
      const ssize_t n = getrandom(bytes + filled, sizeof buffer - filled, 0);
      if (n > 0) filled += static_cast<std::size_t>(n);
      else if (errno != EINTR) std::abort();  // no secure randomness: nothing may go on
    }
    used = 0;
  }
  return std::exchange(buffer[used++], 0);
}

}  // namespace brume
