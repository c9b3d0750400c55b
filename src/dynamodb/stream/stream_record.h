// Records of DynamoDB Streams as they lie in the store. Private to dynamodb/.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "dynamodb/table/item_change.h"
#include "dynamodb/table/table.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Writes the record of `change` in the transaction that makes it; `number` counts the records of the transaction.
void put_stream_record(store::Transaction& transaction, const Table& table, const Stream& stream,
                       const ItemChange& change, std::uint16_t number, WallTime now);

/// Place of a record in its stream: that of its commit in the order of all commits, and its number within the commit.
/// Records of one item have the order of the item's changes.
struct StreamPosition {
  store::CommitVersion version = 0;
  std::uint16_t number = 0;

  auto operator<=>(const StreamPosition&) const = default;
  StreamPosition next() const {
    const bool last = number == UINT16_MAX;
    return {version + last, last ? std::uint16_t{0} : static_cast<std::uint16_t>(number + 1)};
  }
};

/// `stream_prefix` is Stream::key_prefix.
std::string stream_record_key(std::string_view stream_prefix, StreamPosition position);
/// Records from `begin` to before `end`.
store::Range stream_record_range(std::string_view stream_prefix, StreamPosition begin, StreamPosition end);
/// The position in the key of a record.
StreamPosition position_in(std::string_view record_key);

/// What entries of a stream's key space are: the byte after Stream::key_prefix.
enum class StreamEntry : std::uint8_t { shard_mark, record, horizon };
inline constexpr std::size_t kStreamPrefixBytes = kItemsPrefixBytes + sizeof(std::uint32_t);

enum class StreamEvent : std::uint8_t { insert, modify, remove };

/// A record, read in place. It holds the images that the stream's view type asks for, and always the key.
struct StreamRecordView {
  explicit StreamRecordView(std::string_view value);

  StreamEvent event = StreamEvent::insert;
  bool by_time_to_live = false;
  WallTime created_at;
  std::optional<wire::ItemView> before;
  std::optional<wire::ItemView> after;
  wire::ItemView keys;  ///< an item with the key attributes, perhaps among others
};

/// The key attributes of an item of `table`, as an item of their own.
std::string key_attributes(const Table& table, wire::ItemView item);

/// When the record was made, without looking at the rest.
WallTime creation_time(std::string_view record);

/// True for every entry that this folder writes under `d s`: record, shard mark, horizon. For `brume store check`.
bool is_well_formed_stream_record(std::string_view key, std::string_view value);

}  // namespace brume::dynamodb
