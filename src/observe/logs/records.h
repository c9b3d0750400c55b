// What is stored of a log group, a log stream and a log event.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "observe/logs/keys.h"

namespace brume::observe {

/// Times are Unix milliseconds. parse() of each type: StoreError if malformed.
struct GroupRecord {
  GroupId id = 0;
  std::int64_t created = 0;
  std::optional<std::int64_t> retention_days;
  std::string group_class = "STANDARD";
  std::map<std::string, std::string> tags;

  std::string serialize() const;
  static GroupRecord parse(std::string_view text);
  /// Events before this are expired; 0: none is.
  std::uint64_t expired_before(std::int64_t now_millis) const;
};

struct StreamRecord {
  StreamId id = 0;
  std::int64_t created = 0;
  std::int64_t events = 0;           ///< ever written; 0: the next three say nothing
  std::int64_t first_event = 0;
  std::int64_t last_event = 0;
  std::int64_t last_ingestion = 0;

  std::string serialize() const;
  static StreamRecord parse(std::string_view text);
};

/// Views into the stored bytes.
struct EventView {
  StreamId stream = 0;
  std::int64_t ingestion = 0;
  std::string_view message;

  static EventView parse(std::string_view value);
};
std::string serialize_event(StreamId stream, std::int64_t ingestion, std::string_view message);

/// What AWS counts for an event: its message and 26 bytes.
inline constexpr std::size_t kEventOverhead = 26;

std::string group_arn(const GroupName& name);

}  // namespace brume::observe
