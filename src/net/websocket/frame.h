// The frames of RFC 6455, section 5.2: heads and masks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace brume::net {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }
inline constexpr std::size_t kControlBytesMax = 125;
inline constexpr std::size_t kFrameHeadMax = 14;

using MaskKey = std::array<char, 4>;

struct FrameHead {
  bool fin = true;
  bool compressed = false;  ///< RSV1
  Opcode opcode = Opcode::text;
  bool masked = false;
  MaskKey mask{};
  std::uint64_t length = 0;
};

/// Bytes of the head that begins with these two, and of its mask.
constexpr std::size_t frame_head_size(std::uint8_t second) {
  const std::uint8_t length = second & 0x7F;
  return 2u + (length == 126 ? 2 : length == 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

/// Reads a head; `bytes` has exactly its size. False where the RFC forbids it in any case: RSV2 or RSV3, an unknown
/// opcode, a length that has a shorter form or is beyond 2^63, a control frame that is long or fragmented.
bool parse_frame_head(std::string_view bytes, FrameHead& head);

/// Appends the head's bytes; also to be used by a client, with `masked`.
void append_frame_head(std::string& out, const FrameHead& head);

/// XORs `size` bytes, the first of which is byte number `offset` of its frame's payload.
void apply_mask(char* bytes, std::size_t size, const MaskKey& key, std::uint64_t offset);

}  // namespace brume::net
