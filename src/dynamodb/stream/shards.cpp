#include "dynamodb/stream/shards.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/bytes.h"

namespace brume::dynamodb {
namespace {

// value: u8 kind, i64 time in milliseconds, u64 version, and unless it is the first, i64 when the parent was opened.
enum MarkKind : std::uint8_t { kFirstShard = 1, kChildShard = 2, kEndOfStream = 3 };
constexpr std::size_t kFirstBytes = 1 + 8 + 8;
constexpr std::size_t kLaterBytes = kFirstBytes + 8;

constexpr std::string_view kIdPrefix = "shardId-";
constexpr std::size_t kIdTimeDigits = 20;
constexpr std::size_t kIdNumberDigits = 8;

// The number of a shard stands scrambled in its id, as nobody should count on it.
constexpr std::uint32_t kScramble = 0x9e3779b1, kUnscramble = 0x0e8b2f51;
static_assert(static_cast<std::uint32_t>(kScramble * kUnscramble) == 1);

std::uint32_t salt_of(std::string_view stream_prefix) {
  return static_cast<std::uint32_t>(partition_hash(stream_prefix));
}

WallTime time_at(const char* at) { return WallTime(std::chrono::milliseconds(read_big_endian<std::int64_t>(at))); }

ShardMark decode_mark(std::string_view key, std::string_view value) {
  ShardMark mark;
  mark.number = read_big_endian<std::uint32_t>(key.data() + kStreamPrefixBytes + 1);
  mark.ends_stream = value[0] == kEndOfStream;
  mark.at = time_at(value.data() + 1);
  mark.version = read_big_endian<std::uint64_t>(value.data() + 9);
  if (value[0] != kFirstShard) mark.parent_opened_at = time_at(value.data() + kFirstBytes);
  return mark;
}

void put_mark(store::Transaction& transaction, std::string_view stream_prefix, const ShardMark& mark) {
  std::string value;
  append_big_endian<std::uint8_t>(value, mark.ends_stream        ? kEndOfStream
                                         : mark.parent_opened_at ? kChildShard
                                                                 : kFirstShard);
  append_big_endian(value, unix_millis(mark.at));
  append_big_endian(value, mark.version);
  if (mark.parent_opened_at) append_big_endian(value, unix_millis(*mark.parent_opened_at));
  transaction.put(shard_mark_key(stream_prefix, mark.number), value);
}

ShardMark put_next_mark(store::Transaction& transaction, std::string_view stream_prefix, const ShardMark& last,
                        bool ends_stream, WallTime now) {
  ShardMark mark;
  mark.number = last.number + 1;
  mark.ends_stream = ends_stream;
  mark.at = std::max(now, last.at + std::chrono::milliseconds(1));
  mark.version = transaction.version();
  mark.parent_opened_at = last.at;
  put_mark(transaction, stream_prefix, mark);
  return mark;
}

}  // namespace

std::string shard_mark_key(std::string_view stream_prefix, std::uint32_t number) {
  std::string key(stream_prefix);
  append_big_endian(key, static_cast<std::uint8_t>(StreamEntry::shard_mark));
  append_big_endian(key, number);
  return key;
}

store::Range shard_marks(std::string_view stream_prefix) {
  std::string prefix(stream_prefix);
  append_big_endian(prefix, static_cast<std::uint8_t>(StreamEntry::shard_mark));
  return store::Range::of_prefix(prefix);
}

bool is_well_formed_shard_mark(std::string_view value) {
  if (value.empty()) return false;
  if (value[0] == kFirstShard) return value.size() == kFirstBytes;
  return (value[0] == kChildShard || value[0] == kEndOfStream) && value.size() == kLaterBytes;
}

std::string shard_id(std::string_view stream_prefix, std::uint32_t number, WallTime opened_at) {
  char text[64];
  std::snprintf(text, sizeof text, "shardId-%020lld-%08x", static_cast<long long>(unix_millis(opened_at)),
                number * kScramble + salt_of(stream_prefix));
  return text;
}

std::string shard_id(std::string_view stream_prefix, const Shard& shard) {
  return shard_id(stream_prefix, shard.opened.number, shard.opened.at);
}

std::optional<std::string> parent_shard_id(std::string_view stream_prefix, const Shard& shard) {
  if (!shard.opened.parent_opened_at) return std::nullopt;
  return shard_id(stream_prefix, shard.opened.number - 1, *shard.opened.parent_opened_at);
}

std::optional<std::uint32_t> shard_number(std::string_view stream_prefix, std::string_view id) {
  if (id.size() != kIdPrefix.size() + kIdTimeDigits + 1 + kIdNumberDigits || !id.starts_with(kIdPrefix))
    return std::nullopt;
  const char* digits = id.data() + id.size() - kIdNumberDigits;
  std::uint32_t scrambled = 0;
  auto [end, error] = std::from_chars(digits, digits + kIdNumberDigits, scrambled, 16);
  if (error != std::errc() || end != digits + kIdNumberDigits) return std::nullopt;
  return (scrambled - salt_of(stream_prefix)) * kUnscramble;
}

std::vector<Shard> read_shards(store::Reader& reader, std::string_view stream_prefix) {
  std::vector<Shard> shards;
  for (auto cursor = reader.scan(shard_marks(stream_prefix)); cursor->valid(); cursor->next()) {
    ShardMark mark = decode_mark(cursor->key(), cursor->value());
    if (!shards.empty()) shards.back().closed = mark;
    if (!mark.ends_stream) shards.push_back({mark, std::nullopt});
  }
  return shards;
}

std::optional<Shard> read_shard(store::Reader& reader, std::string_view stream_prefix, std::uint32_t number) {
  std::string value;
  std::string key = shard_mark_key(stream_prefix, number);
  if (!reader.get(key, value)) return std::nullopt;
  Shard shard{decode_mark(key, value), std::nullopt};
  if (shard.opened.ends_stream) return std::nullopt;
  key = shard_mark_key(stream_prefix, number + 1);
  if (reader.get(key, value)) shard.closed = decode_mark(key, value);
  return shard;
}

std::optional<ShardMark> last_mark(store::Reader& reader, std::string_view stream_prefix) {
  auto cursor = reader.scan(shard_marks(stream_prefix), store::Direction::backward);
  if (!cursor->valid()) return std::nullopt;
  return decode_mark(cursor->key(), cursor->value());
}

void open_first_shard(store::Transaction& transaction, const Table& table) {
  const Stream* stream = table.stream();
  if (!stream) return;
  ShardMark mark;
  mark.at = stream->created_at;
  mark.version = transaction.version();
  put_mark(transaction, stream_prefix(table.id, stream->number), mark);
}

ShardMark open_next_shard(store::Transaction& transaction, std::string_view stream_prefix, const ShardMark& last,
                          WallTime now) {
  return put_next_mark(transaction, stream_prefix, last, false, now);
}

void end_stream(store::Transaction& transaction, std::string_view stream_prefix, WallTime now) {
  const std::optional<ShardMark> last = last_mark(transaction, stream_prefix);
  if (last && !last->ends_stream) put_next_mark(transaction, stream_prefix, *last, true, now);
}

}  // namespace brume::dynamodb
