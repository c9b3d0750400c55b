#include "net/websocket/frame.h"

#include <cstring>

namespace brume::net {
namespace {

constexpr std::uint8_t kFin = 0x80, kRsv1 = 0x40, kRsv2 = 0x20, kRsv3 = 0x10, kMasked = 0x80;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_known(std::uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

}  // namespace

bool parse_frame_head(std::string_view bytes, FrameHead& head) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const std::uint8_t opcode = first & 0x0F;
  if ((first & (kRsv2 | kRsv3)) != 0 || !is_known(opcode)) return false;
  head.fin = (first & kFin) != 0;
  head.compressed = (first & kRsv1) != 0;
  head.opcode = static_cast<Opcode>(opcode);
  head.masked = (second & kMasked) != 0;
  head.length = second & 0x7F;
  std::size_t at = 2;
  if (head.length >= 126) {
    const std::size_t size = head.length == 126 ? 2 : 8;
    const std::uint64_t shortest = size == 2 ? 126 : 65'536;
    head.length = big_endian(bytes.substr(at, size));
    at += size;
    if (head.length < shortest || head.length >> 63 != 0) return false;
  }
  if (is_control(head.opcode) && (!head.fin || head.length > kControlBytesMax)) return false;
  head.mask = {};
  if (head.masked) std::memcpy(head.mask.data(), bytes.data() + at, head.mask.size());
  return true;
}

void append_frame_head(std::string& out, const FrameHead& head) {
  out.push_back(static_cast<char>((head.fin ? kFin : 0) | (head.compressed ? kRsv1 : 0) |
                                  static_cast<std::uint8_t>(head.opcode)));
  const std::size_t more = head.length < 126 ? 0 : head.length < 65'536 ? 2 : 8;
  const std::uint64_t first = more == 0 ? head.length : more == 2 ? 126 : 127;
  out.push_back(static_cast<char>((head.masked ? kMasked : 0) | first));
  for (std::size_t i = more; i > 0; --i) out.push_back(static_cast<char>(head.length >> (8 * (i - 1))));
  if (head.masked) out.append(head.mask.data(), head.mask.size());
}

void apply_mask(char* bytes, std::size_t size, const MaskKey& key, std::uint64_t offset) {
  std::array<char, 8> turned{};  // the key as the first of these bytes needs it, twice
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t at = 0;
  for (; at + sizeof wide <= size; at += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    word ^= wide;
    std::memcpy(bytes + at, &word, sizeof word);
  }
  for (; at < size; ++at) bytes[at] = static_cast<char>(bytes[at] ^ turned[at % 4]);
}

}  // namespace brume::net
