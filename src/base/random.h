// Randomness is passed in, so that a failing history is replayed from its seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace brume {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;  ///< 64 uniformly distributed bits; thread-safe

  /// `length` characters drawn uniformly from `alphabet`, of at most 256 characters.
  std::string text(std::size_t length, std::string_view alphabet);
  /// A random (version 4) UUID in lower case with hyphens.
  std::string uuid();
};

/// The kernel's random bytes, buffered per thread: fit for keys and tokens.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// Repeatable numbers for tests. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

inline constexpr std::string_view kLowerAlphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kUpperAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// The alphabet of DynamoDB's request ids (base 32 with extended hex alphabet, RFC 4648).
inline constexpr std::string_view kRequestIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
/// The alphabet of AWS access key ids (base 32).
inline constexpr std::string_view kAccessKeyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

}  // namespace brume
