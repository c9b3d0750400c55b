// Where logs lie in the store. Every key starts with store::kObserveSpace and one letter; numbers are big-endian.
//
//   o g  account 00 region 00 name          → group record (records.h)
//   o s  group u64  stream name             → stream record
//   o n  group u64  stream u64              → stream name; gone with the stream, so that events left behind are not seen
//   o l  group u64  last event u64  name    → "" : streams by last event time
//   o b  group u64                          → stored bytes u64
//   o e  group u64  position (20 bytes)     → event (records.h), all of a group in order of time
//   o t  group u64  stream u64  position    → "" : the same events by stream
//   o r  group u64                          → "" : a deleted group whose data is being removed
//   o d  group u64  stream u64              → group_key : a deleted stream whose events are being removed
//   o a  account 00 time u64  version u64   → audit record (audit.h)
//   o m, o p                                → metric series (series/series_store.h)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace brume::observe {

using GroupId = std::uint64_t;  ///< never used again after the group is deleted
using StreamId = std::uint64_t;  ///< likewise

struct GroupName {
  std::string account;
  std::string region;
  std::string name;
  auto operator<=>(const GroupName&) const = default;
};

/// Place of an event in its group: time, then order of ingestion. Compares as its bytes do.
struct Position {
  static constexpr std::size_t kBytes = 20;
  std::uint64_t millis = 0;
  std::uint64_t version = 0;  ///< of the commit
  std::uint32_t index = 0;  ///< in the commit
  auto operator<=>(const Position&) const = default;

  void append_to(std::string& key) const;
  /// Of the last kBytes of `key`, which has them.
  static Position of_key(std::string_view key);
  Position successor() const;
};

std::string group_key(const GroupName& name);
std::string group_prefix(std::string_view account, std::string_view region);
/// All groups of all accounts.
store::Range group_records();
/// The name in a group_key.
GroupName group_name_of(std::string_view key);

std::string stream_prefix(GroupId group);
std::string stream_key(GroupId group, std::string_view name);
std::string stream_name_key(GroupId group, StreamId stream);
std::string last_event_prefix(GroupId group);
std::string last_event_key(GroupId group, std::uint64_t millis, std::string_view name);
std::string stored_bytes_key(GroupId group);
std::string event_prefix(GroupId group);
std::string event_key(GroupId group, const Position& position);
std::string stream_event_prefix(GroupId group, StreamId stream);
std::string stream_event_key(GroupId group, StreamId stream, const Position& position);

std::string removed_group_key(GroupId group);
std::string removed_stream_key(GroupId group, StreamId stream);
store::Range removed_groups();
store::Range removed_streams();
/// Every prefix under which a group keeps data of its own.
std::vector<std::string> group_data_prefixes(GroupId group);

std::string audit_prefix(std::string_view account);
std::string audit_key(std::string_view account, std::uint64_t millis, std::uint64_t version);
store::Range audit_records();

}  // namespace brume::observe
