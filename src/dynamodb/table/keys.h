// Where DynamoDB's data lies in the store. Every key starts with store::kDynamoDbSpace and one letter:
//
//   d D  table                                      → record of a deleted table whose streams can still be read
//   d R  table                                      → record of the table, whose items are still to be removed
//   d T  account 00 region 00 name                  → table record (table.h)
//   d n                                             → u32: the next table id
//   d k  table [index u16]                          → i64 items, i64 bytes: counters, true while `d o` stands
//   d o                                             → "": clean stop; the counters agree with the items
//   d i  table  hash(partition)  partition  [sort]  → item (wire/item.h)
//
//   (D, R and T sort before i, so that one who reads everything in order knows the tables when items come.)
//
//   table      u32, big-endian, given once and never again: a table created under an old name shares no
//              key with its predecessor, so that removing the old items can go on behind it
//   hash       u64 of the encoded partition key: spreads partitions over the key space, so that parallel
//              scans, and an engine that splits by range, divide a table evenly
//   partition  wire/key_encoding.h: keeps the order, delimits itself
//   sort       the same; the items of one partition lie together in the order of their sort keys
//
// Each of the following is written in the transaction that writes the item, so one commit carries everything
// and a crash cannot leave them disagreeing (item/item_writer.h):
//
//   d l  table index  hash(partition)  partition  index sort  [table sort]         → projected attributes: local index
//   d g  table index  hash(index partition)  index partition*  [index sort*]  hash(partition) partition [sort]
//                                                                            → projected attributes: global index
//        index: u16, never reused within its table; partition* and sort*: up to four values one after another
//   d s  table  stream u32  kind
//          00  shard u32                             → where the shard begins, or the stream ends (stream/shards.h)
//          01  commit version u64  number u16        → stream record (stream/stream_record.h): the shards divide the
//                                                      line of commit versions, so a record doesn't name its own
//          02                                        → u64: records of commits below this version are trimmed away
//   d e  expiry second u64  table  hash(partition)  partition  [sort]        → "": time to live, in order of expiry
//
//   d b  table  kind  number u16                     → how far a backfill has come (index/index_lifecycle.h, ttl/)
//   d t  period u32  account 00 region 00 token      → outcome of a transaction with a client token
//                                                      (transaction/client_tokens.h)
//
// Reserved for what comes next:
//
//   d h  table  hash(partition)  partition  [sort]  ~commit version u64    history: the item before this
//        commit; a restore to a second reads, for each item, the first record after that second's version
//   d v  second u64                                          → commit version: the last one of that second
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
/// The same in a string that is there.
void set_table_record_key(std::string_view account, std::string_view region, std::string_view name, std::string& key);
store::Range table_records();

std::string removal_key(TableId table);
store::Range removals();
/// nullopt if `key` is none.
std::optional<TableId> decode_removal_key(std::string_view key);

std::string former_table_key(TableId table);
store::Range former_table_records();

std::string counters_key(TableId table);
std::string counters_key(TableId table, std::uint16_t index);
/// Counters of a table and its indexes.
store::Range counters_of(TableId table);
std::string encode_counters(std::int64_t items, std::int64_t bytes);
/// False if malformed.
bool decode_counters(std::string_view value, std::int64_t& items, std::int64_t& bytes);

/// `d i table`: the front of every key of the table's items.
std::string items_prefix(TableId table);
inline constexpr std::size_t kItemsPrefixBytes = 6;
inline constexpr std::size_t kPartitionHashBytes = 8;

/// `d l table index` or `d g table index`: the front of every key of an index's entries.
std::string index_prefix(TableId table, bool local, std::uint16_t index);
inline constexpr std::size_t kIndexPrefixBytes = 8;
/// Keys of all entries of all indexes of a table, local and global ones.
store::Range local_index_entries(TableId table);
store::Range global_index_entries(TableId table);

/// `d s table stream`: the front of every key of a stream.
std::string stream_prefix(TableId table, std::uint32_t stream);
store::Range stream_records(TableId table);

/// Expiry record of the item with store key `item_key`.
std::string expiry_key(std::uint64_t second, std::string_view item_key);
/// Expiry records of all tables up to and including `second`.
store::Range expired_by(std::uint64_t second);
store::Range all_expiry_records();
struct ExpiryKeyParts {
  std::uint64_t second = 0;
  std::string item_key;
};
std::optional<ExpiryKeyParts> decode_expiry_key(std::string_view key);

/// How far a backfill of `kind` ('g' global index, 'e' expiry index) with this number has come.
std::string backfill_key(TableId table, char kind, std::uint16_t number);
store::Range backfills(TableId table);

/// `period` is the time of the transaction, in periods of client_tokens.h: old tokens lie in front.
std::string client_token_key(std::uint32_t period, std::string_view account, std::string_view region,
                             std::string_view token);
/// Tokens of the periods from `first` to before `end`.
store::Range client_tokens(std::uint32_t first, std::uint32_t end);

/// Hash of an encoded partition key. Part of the stored format: it never changes.
std::uint64_t partition_hash(std::string_view encoded_partition_key);

/// Appends `hash(partition) partition`.
void append_partition(std::string& key, std::string_view encoded_partition_key);

/// Segment `segment` of `total` of the keys that begin with `prefix` and go on with a hash: an even share of the hash
/// range. `prefix` is items_prefix() or index_prefix().
store::Range segment_range(std::string_view prefix, std::uint32_t segment, std::uint32_t total);

/// What stands in the key of an item.
struct ItemKeyParts {
  TableId table{};
  std::uint64_t hash = 0;
  std::string_view encoded;  ///< partition and sort key
};
std::optional<ItemKeyParts> decode_item_key(std::string_view key);

}  // namespace brume::dynamodb
