// The shards of a stream. Private to dynamodb/.
//
// A stream has one open shard; when it has been open for Options::stream_shard_duration, a child takes over. Shards
// divide the line of commit versions: a mark in the store says at which version a shard begins, and its version is that
// of the transaction that wrote it. So whoever sees records of later commits sees the mark too, a closed shard gets no
// more records, and the records of one item are in order across shards, whatever the clock does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dynamodb/stream/stream_record.h"
#include "dynamodb/table/table.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Where a shard begins and its parent ends, or where the stream ends.
struct ShardMark {
  std::uint32_t number = 0;  ///< of the shard that begins; of a stream's end, one after its last shard's
  bool ends_stream = false;
  WallTime at;  ///< later than the mark before, so that ids of shards are in their order
  store::CommitVersion version = 0;  ///< the shard's records are of later commits
  std::optional<WallTime> parent_opened_at;  ///< of the shard before
};

struct Shard {
  ShardMark opened;
  std::optional<ShardMark> closed;  ///< absent: open

  StreamPosition begin() const { return {opened.version, 0}; }
  /// The first position that is not in the shard; absent: open.
  std::optional<StreamPosition> end() const {
    return closed ? std::optional(StreamPosition{closed->version, 0}) : std::nullopt;
  }
};

std::string shard_mark_key(std::string_view stream_prefix, std::uint32_t number);
store::Range shard_marks(std::string_view stream_prefix);
bool is_well_formed_shard_mark(std::string_view value);

/// "shardId-00000001700000000000-1a2b3c4d". `stream_prefix` is Stream::key_prefix.
std::string shard_id(std::string_view stream_prefix, std::uint32_t number, WallTime opened_at);
std::string shard_id(std::string_view stream_prefix, const Shard& shard);
std::optional<std::string> parent_shard_id(std::string_view stream_prefix, const Shard& shard);
/// The number in the id of a shard of this stream; nullopt if `id` is not in the form of one. Whether there is such a
/// shard, shard_id() of the one of that number tells.
std::optional<std::uint32_t> shard_number(std::string_view stream_prefix, std::string_view id);

/// All shards that are still there, oldest first.
std::vector<Shard> read_shards(store::Reader& reader, std::string_view stream_prefix);
std::optional<Shard> read_shard(store::Reader& reader, std::string_view stream_prefix, std::uint32_t number);
/// The newest mark; nullopt for a stream without any.
std::optional<ShardMark> last_mark(store::Reader& reader, std::string_view stream_prefix);

// Each of these belongs in a transaction that holds the latch of the stream's prefix, or that makes the stream.

/// Opens the first shard of the stream that `table` has enabled in this transaction.
void open_first_shard(store::Transaction& transaction, const Table& table);
/// Closes the open shard and opens its child. `last` is the newest mark.
ShardMark open_next_shard(store::Transaction& transaction, std::string_view stream_prefix, const ShardMark& last,
                          WallTime now);
/// Closes the open shard for good, unless that was done before. No writer may be left that knows the stream as enabled.
void end_stream(store::Transaction& transaction, std::string_view stream_prefix, WallTime now);

}  // namespace brume::dynamodb
