#include "dynamodb/table/keys.h"

#include <cstring>

#include "base/bytes.h"
#include "store/key_spaces.h"

namespace brume::dynamodb {
namespace {

std::string key_of(char kind) { return {store::kDynamoDbSpace, kind}; }

std::string key_of(char kind, TableId table) {
  std::string key = key_of(kind);
  append_big_endian(key, static_cast<std::uint32_t>(table));
  return key;
}

bool is_kind(std::string_view key, char kind) { return kind_of(key) == kind; }

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t little_endian(const char* at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return value;
}

}  // namespace

char kind_of(std::string_view key) { return key.size() >= 2 && key[0] == store::kDynamoDbSpace ? key[1] : '\0'; }

std::string next_table_id_key() { return key_of('n'); }
std::string clean_stop_key() { return key_of('o'); }

std::string table_record_key(std::string_view account, std::string_view region, std::string_view name) {
  std::string key;
  set_table_record_key(account, region, name, key);
  return key;
}

void set_table_record_key(std::string_view account, std::string_view region, std::string_view name, std::string& key) {
  key.assign({store::kDynamoDbSpace, 'T'});
  key.append(account).push_back('\0');
  key.append(region).push_back('\0');
  key.append(name);
}

store::Range table_records() { return store::Range::of_prefix(key_of('T')); }

std::string removal_key(TableId table) { return key_of('R', table); }
store::Range removals() { return store::Range::of_prefix(key_of('R')); }

std::optional<TableId> decode_removal_key(std::string_view key) {
  if (!is_kind(key, 'R') || key.size() != kItemsPrefixBytes) return std::nullopt;
  return TableId(read_big_endian<std::uint32_t>(key.data() + 2));
}

std::string former_table_key(TableId table) { return key_of('D', table); }
store::Range former_table_records() { return store::Range::of_prefix(key_of('D')); }

std::string counters_key(TableId table) { return key_of('k', table); }

std::string counters_key(TableId table, std::uint16_t index) {
  std::string key = counters_key(table);
  append_big_endian(key, index);
  return key;
}

store::Range counters_of(TableId table) { return store::Range::of_prefix(counters_key(table)); }

std::string encode_counters(std::int64_t items, std::int64_t bytes) {
  std::string value;
  append_big_endian(value, items);
  append_big_endian(value, bytes);
  return value;
}

bool decode_counters(std::string_view value, std::int64_t& items, std::int64_t& bytes) {
  if (value.size() != 16) return false;
  items = read_big_endian<std::int64_t>(value.data());
  bytes = read_big_endian<std::int64_t>(value.data() + 8);
  return true;
}

std::string items_prefix(TableId table) { return key_of('i', table); }

std::string index_prefix(TableId table, bool local, std::uint16_t index) {
  std::string key = key_of(local ? 'l' : 'g', table);
  append_big_endian(key, index);
  return key;
}

store::Range local_index_entries(TableId table) { return store::Range::of_prefix(key_of('l', table)); }
store::Range global_index_entries(TableId table) { return store::Range::of_prefix(key_of('g', table)); }

std::string stream_prefix(TableId table, std::uint32_t stream) {
  std::string key = key_of('s', table);
  append_big_endian(key, stream);
  return key;
}

store::Range stream_records(TableId table) { return store::Range::of_prefix(key_of('s', table)); }

std::string expiry_key(std::uint64_t second, std::string_view item_key) {
  std::string key = key_of('e');
  append_big_endian(key, second);
  key.append(item_key.substr(2));
  return key;
}

store::Range expired_by(std::uint64_t second) {
  std::string end = key_of('e');
  append_big_endian(end, second + 1);
  return {key_of('e'), std::move(end)};
}

store::Range all_expiry_records() { return store::Range::of_prefix(key_of('e')); }

std::optional<ExpiryKeyParts> decode_expiry_key(std::string_view key) {
  constexpr std::size_t kFixed = 2 + sizeof(std::uint64_t);
  if (!is_kind(key, 'e') || key.size() <= kFixed) return std::nullopt;
  ExpiryKeyParts parts;
  parts.second = read_big_endian<std::uint64_t>(key.data() + 2);
  parts.item_key = key_of('i');
  parts.item_key.append(key.substr(kFixed));
  return parts;
}

std::string backfill_key(TableId table, char kind, std::uint16_t number) {
  std::string key = key_of('b', table);
  key.push_back(kind);
  append_big_endian(key, number);
  return key;
}

store::Range backfills(TableId table) { return store::Range::of_prefix(key_of('b', table)); }

namespace {
std::string client_tokens_prefix(std::uint32_t period) {
  std::string key = key_of('t');
  append_big_endian(key, period);
  return key;
}
}  // namespace

std::string client_token_key(std::uint32_t period, std::string_view account, std::string_view region,
                             std::string_view token) {
  std::string key = client_tokens_prefix(period);
  key.append(account).push_back('\0');
  key.append(region).push_back('\0');
  key.append(token);
  return key;
}

store::Range client_tokens(std::uint32_t first, std::uint32_t end) {
  return {client_tokens_prefix(first), client_tokens_prefix(end)};
}

std::uint64_t partition_hash(std::string_view bytes) {
  constexpr std::uint64_t kFirst = 0xa0761d6478bd642f, kSecond = 0xe7037ed1a0b428db;
  std::uint64_t hash = kFirst ^ bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) hash = mixed(hash ^ little_endian(bytes.data() + at, 8), kSecond);
  if (at < bytes.size()) hash = mixed(hash ^ little_endian(bytes.data() + at, bytes.size() - at), kSecond);
  return mixed(hash ^ kSecond, kFirst);
}

void append_partition(std::string& key, std::string_view encoded_partition_key) {
  append_big_endian(key, partition_hash(encoded_partition_key));
  key.append(encoded_partition_key);
}

store::Range segment_range(std::string_view prefix, std::uint32_t segment, std::uint32_t total) {
  store::Range range = store::Range::of_prefix(prefix);
  // The hash range [0, 2^64) is cut at floor(segment * 2^64 / total).
  auto cut = [&](std::uint32_t at) {
    auto hash = static_cast<std::uint64_t>((static_cast<unsigned __int128>(at) << 64) / total);
    std::string key(prefix);
    append_big_endian(key, hash);
    return key;
  };
  if (segment > 0) range.begin = cut(segment);
  if (segment + 1 < total) range.end = cut(segment + 1);
  return range;
}

std::optional<ItemKeyParts> decode_item_key(std::string_view key) {
  constexpr std::size_t kFixed = kItemsPrefixBytes + kPartitionHashBytes;
  if (!is_kind(key, 'i') || key.size() <= kFixed) return std::nullopt;
  ItemKeyParts parts;
  parts.table = TableId(read_big_endian<std::uint32_t>(key.data() + 2));
  parts.hash = read_big_endian<std::uint64_t>(key.data() + kItemsPrefixBytes);
  parts.encoded = key.substr(kFixed);
  return parts;
}

}  // namespace brume::dynamodb
