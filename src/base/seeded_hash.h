// Hashing of bytes that strangers choose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace brume {

/// Differs from process to process by a secret, so that nobody outside can choose keys that fall onto one another. Equal
/// bytes have equal hashes within the process; never store one. All 64 bits are good. Thread-safe.
std::uint64_t seeded_hash(std::string_view bytes) noexcept;

/// For the standard's unordered containers.
struct SeededHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const noexcept { return seeded_hash(bytes); }
};

}  // namespace brume
