// The texts by which clients name places in a stream. Private to dynamodb/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "dynamodb/table/keys.h"
#include "dynamodb/stream/stream_record.h"

namespace brume::dynamodb {

/// 26 digits that rise with the position, as numbers and as texts.
std::string sequence_number(StreamPosition position);
/// The last one that a record before `end` can have.
std::string last_sequence_number_before(StreamPosition end);
/// nullopt if `text` is not one that sequence_number() gives.
std::optional<StreamPosition> position_of_sequence_number(std::string_view text);

/// A place in a shard. Opaque for clients, who keep it between two calls.
struct ShardIterator {
  std::string stream_arn;
  TableId table{};
  std::uint32_t stream = 0;
  std::uint32_t shard = 0;
  StreamPosition position;
  bool oldest = false;  ///< the oldest record that is there, whatever was trimmed before
  WallTime issued_at;
};

std::string encode(const ShardIterator& iterator);
/// nullopt if `text` is none. One that a client makes up by itself leads to nothing that he could not read anyway.
std::optional<ShardIterator> decode_shard_iterator(std::string_view text);

}  // namespace brume::dynamodb
