// Changes of log groups and streams, each inside a transaction that holds the latch of the group (group_key).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "observe/logs/records.h"
#include "observe/log_store.h"

namespace brume::observe {

/// Hands out ids and positions of one transaction: unique for ever, in the order of commits.
class CommitNumbers {
 public:
  explicit CommitNumbers(store::Transaction& transaction) : version_(transaction.version()) {}
  std::uint64_t next_id() { return version_ << 14 | ids_++; }  ///< at most kIdsMax a transaction
  Position next_position(std::uint64_t millis) { return {millis, version_, positions_++}; }
  static constexpr std::uint64_t kIdsMax = 1 << 14;

 private:
  std::uint64_t version_;
  std::uint64_t ids_ = 0;
  std::uint32_t positions_ = 0;
};

std::optional<GroupRecord> find_group(store::Reader& reader, const GroupName& name);
std::optional<StreamRecord> find_stream(store::Reader& reader, GroupId group, std::string_view name);
/// As above, or ResourceNotFoundException.
GroupRecord require_group(store::Reader& reader, const GroupName& name);
StreamRecord require_stream(store::Reader& reader, GroupId group, std::string_view name);

/// Puts `record` with a new id.
GroupRecord create_group(store::Transaction& transaction, CommitNumbers& numbers, const GroupName& name,
                         GroupRecord record);
StreamRecord create_stream(store::Transaction& transaction, CommitNumbers& numbers, GroupId group,
                           std::string_view name, std::int64_t now_millis);

/// The part of a batch that goes to one stream; the stream may not come twice in one transaction.
struct StreamEvents {
  std::string_view stream;
  std::vector<const LogEvent*> events;
};

/// Writes events of `streams`, all of `group`; returns the bytes that they count.
std::uint64_t write_events(store::Transaction& transaction, CommitNumbers& numbers, GroupId group,
                           const std::vector<StreamEvents>& streams, bool create_streams, std::int64_t now_millis);

/// Adds to (or takes from) the bytes that DescribeLogGroups shows.
void add_stored_bytes(store::Transaction& transaction, GroupId group, std::int64_t change);
std::uint64_t stored_bytes(store::Reader& reader, GroupId group);

/// Takes the stream out of sight; its events are removed later (maintenance.h).
void delete_stream(store::Transaction& transaction, const GroupName& group_name, GroupId group, std::string_view name);

}  // namespace brume::observe
