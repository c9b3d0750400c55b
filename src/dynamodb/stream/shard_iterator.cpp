#include "dynamodb/stream/shard_iterator.h"

#include <charconv>
#include <cstdio>

#include "base/bytes.h"
#include "base/encoding.h"

namespace brume::dynamodb {
namespace {

// "1", the version in 20 digits, the number in 5.
constexpr std::size_t kVersionDigits = 20, kNumberDigits = 5;
constexpr std::size_t kSequenceNumberDigits = 1 + kVersionDigits + kNumberDigits;

// ARN of the stream, "|1|", and in base64: u32 table, u32 stream, u32 shard, u64 version, u16 number, u8 oldest,
// i64 time of issue in milliseconds, u64 hash of the ARN and all this.
constexpr std::string_view kMark = "|1|";
constexpr std::size_t kFieldBytes = 4 + 4 + 4 + 8 + 2 + 1 + 8;

template <class T>
bool parse_digits(std::string_view digits, T& value) {
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size();
}

std::uint64_t check_sum(std::string_view arn, std::string_view fields) {
  std::string all(arn);
  all.append(fields);
  return partition_hash(all);
}

}  // namespace

std::string sequence_number(StreamPosition position) {
  char text[40];
  std::snprintf(text, sizeof text, "1%020llu%05u", static_cast<unsigned long long>(position.version),
                static_cast<unsigned>(position.number));
  return text;
}

std::string last_sequence_number_before(StreamPosition end) { return sequence_number({end.version - 1, UINT16_MAX}); }

std::optional<StreamPosition> position_of_sequence_number(std::string_view text) {
  StreamPosition position;
  if (text.size() != kSequenceNumberDigits || text[0] != '1' ||
      !parse_digits(text.substr(1, kVersionDigits), position.version) ||
      !parse_digits(text.substr(1 + kVersionDigits), position.number))
    return std::nullopt;
  return position;
}

std::string encode(const ShardIterator& iterator) {
  std::string fields;
  append_big_endian(fields, static_cast<std::uint32_t>(iterator.table));
  append_big_endian(fields, iterator.stream);
  append_big_endian(fields, iterator.shard);
  append_big_endian(fields, iterator.position.version);
  append_big_endian(fields, iterator.position.number);
  append_big_endian<std::uint8_t>(fields, iterator.oldest);
  append_big_endian(fields, unix_millis(iterator.issued_at));
  append_big_endian(fields, check_sum(iterator.stream_arn, fields));
  return iterator.stream_arn + std::string(kMark) + base64_encode(fields);
}

std::optional<ShardIterator> decode_shard_iterator(std::string_view text) {
  const std::size_t mark = text.rfind(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view arn = text.substr(0, mark);
  const std::optional<std::string> decoded = base64_decode(text.substr(mark + kMark.size()));
  if (!decoded || decoded->size() != kFieldBytes + sizeof(std::uint64_t)) return std::nullopt;
  const std::string_view fields = std::string_view(*decoded).substr(0, kFieldBytes);
  const char* at = fields.data();
  if (read_big_endian<std::uint64_t>(at + kFieldBytes) != check_sum(arn, fields)) return std::nullopt;
  ShardIterator iterator;
  iterator.stream_arn = arn;
  iterator.table = TableId(read_big_endian<std::uint32_t>(at));
  iterator.stream = read_big_endian<std::uint32_t>(at + 4);
  iterator.shard = read_big_endian<std::uint32_t>(at + 8);
  iterator.position = {read_big_endian<std::uint64_t>(at + 12), read_big_endian<std::uint16_t>(at + 20)};
  iterator.oldest = at[22] != 0;
  iterator.issued_at = WallTime(std::chrono::milliseconds(read_big_endian<std::int64_t>(at + 23)));
  return iterator;
}

}  // namespace brume::dynamodb
