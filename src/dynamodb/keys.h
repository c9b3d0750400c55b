// Where DynamoDB's data lies in the store. Every key starts with store::kDynamoDbSpace and one letter:
//
//   d R  table                                      → "": the table's items are still to be removed
//   d T  account 00 region 00 name                  → table record (table.h)
//   d n                                             → u32: the next table id
//   d k  table                                      → i64 items, i64 bytes: counters, true while `d o` stands
//   d o                                             → "": clean stop; the counters agree with the items
//   d i  table  hash(partition)  partition  [sort]  → item (wire/item.h)
//
//   (R and T sort before i, so that one who reads everything in order knows the tables when items come.)
//
//   table      u32, big-endian, given once and never again: a table created under an old name shares no
//              key with its predecessor, so that removing the old items can go on behind it
//   hash       u64 of the encoded partition key: spreads partitions over the key space, so that parallel
//              scans, and an engine that splits by range, divide a table evenly
//   partition  wire/key_encoding.h: keeps the order, delimits itself
//   sort       the same; the items of one partition lie together in the order of their sort keys
//
// Reserved for what comes next. Each of these is written in the transaction that writes the item, so one
// commit carries everything and a crash cannot leave them disagreeing:
//
//   d l  table index  hash(partition)  partition  index sort  table sort              local index entry
//   d g  table index  hash(index partition)  index partition  [index sort]  hash(partition) partition [sort]
//                                                                                     global index entry
//        index: u16, never reused within its table; the value is the projected attributes
//   d s  table  shard u16  commit version u64  number u16    stream record: keys, old and new image
//   d h  table  hash(partition)  partition  [sort]  ~commit version u64    history: the item before this
//        commit; a restore to a second reads, for each item, the first record after that second's version
//   d v  second u64                                          → commit version: the last one of that second
//   d e  expiry second u64  table  hash(partition)  partition  [sort]     time to live, in order of expiry
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace brume::dynamodb {

/// Identifies a table for ever, also after its name is used again.
enum class TableId : std::uint32_t {};

/// The letter after the space; 0 for a key that is not DynamoDB's.
char kind_of(std::string_view key);

std::string next_table_id_key();
std::string clean_stop_key();

std::string table_record_key(std::string_view account, std::string_view region, std::string_view name);
store::Range table_records();

std::string removal_key(TableId table);
store::Range removals();
/// nullopt if `key` is none.
std::optional<TableId> decode_removal_key(std::string_view key);

std::string counters_key(TableId table);
std::string encode_counters(std::int64_t items, std::int64_t bytes);
/// False if malformed.
bool decode_counters(std::string_view value, std::int64_t& items, std::int64_t& bytes);

/// `d i table`: the front of every key of the table's items.
std::string items_prefix(TableId table);
inline constexpr std::size_t kItemsPrefixBytes = 6;
inline constexpr std::size_t kPartitionHashBytes = 8;

/// Hash of an encoded partition key. Part of the stored format: it never changes.
std::uint64_t partition_hash(std::string_view encoded_partition_key);

/// Appends `hash(partition) partition`.
void append_partition(std::string& key, std::string_view encoded_partition_key);

/// Keys of the items of segment `segment` of `total`: an even share of the hash range.
store::Range segment_range(TableId table, std::uint32_t segment, std::uint32_t total);

/// What stands in the key of an item.
struct ItemKeyParts {
  TableId table{};
  std::uint64_t hash = 0;
  std::string_view encoded;  ///< partition and sort key
};
std::optional<ItemKeyParts> decode_item_key(std::string_view key);

}  // namespace brume::dynamodb
