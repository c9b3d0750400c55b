// Reading streams: what GetRecords does, and whoever inside the process follows a stream. Private to dynamodb/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "dynamodb/stream/shards.h"
#include "dynamodb/stream/stream_record.h"

namespace brume::dynamodb {

/// A stream with the table that it belongs to, or belonged to.
struct StreamOfTable {
  TablePtr table;
  const Stream* stream = nullptr;  ///< one of the table's

  std::string arn() const { return table->arn() + "/stream/" + stream->label; }
};

/// The stream of this ARN; nullopt if there is none for this account and region, or its time is over. Errors:
/// ValidationException if the ARN is not one of a stream.
std::optional<StreamOfTable> find_stream(State& state, std::string_view account, std::string_view region,
                                         std::string_view arn);

/// The streams of an account and region that can be read, also those of deleted tables, in the order of their ARNs.
std::vector<StreamOfTable> list_streams(State& state, std::string_view account, std::string_view region);

struct StoredRecord {
  StreamPosition position;
  std::string value;  ///< for StreamRecordView
};

struct PageLimits {
  std::size_t records = 1000;
  std::size_t bytes = 1024 * 1024;  ///< a single record may be larger
};

struct RecordPage {
  bool found = false;    ///< is there such a shard?
  bool trimmed = false;  ///< records after the position are gone already: there are none in this page
  std::vector<StoredRecord> records;
  StreamPosition next;   ///< where the next page begins
  bool at_end = false;   ///< the shard is closed, and nothing comes after `next`
};

/// Records of a shard from `from` on, in their order. None is ever skipped: the page ends before the first commit that
/// readers cannot be sure to see. `oldest` takes trimmed records for granted. Errors: store::StoreError.
Task<RecordPage> read_records(State& state, StreamOfTable stream, std::uint32_t shard, StreamPosition from, bool oldest,
                              PageLimits limits);

/// Where records begin that come after everything that can be seen now.
StreamPosition latest_position(State& state);

/// Records of commits below this version are trimmed away.
store::CommitVersion trim_horizon(store::Reader& reader, std::string_view stream_prefix);
std::string trim_horizon_key(std::string_view stream_prefix);

/// The first record of the shard that was made at `time` or later; the end of what can be seen, if there is none. The
/// times of records are taken to rise.
Task<StreamPosition> position_at(State& state, StreamOfTable stream, Shard shard, WallTime time);

}  // namespace brume::dynamodb
