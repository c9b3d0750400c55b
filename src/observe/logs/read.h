// Reads log events in order of time, in bounded slices.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "observe/logs/records.h"

namespace brume::observe {

struct StoredEvent {
  Position position;
  std::string stream;
  std::int64_t ingestion = 0;
  std::string message;
};

/// What to read; a slice moves `begin` (forward) or `end` (backward) over what it has seen.
struct EventScan {
  GroupId group = 0;
  std::optional<StreamId> stream;  ///< only this one's events
  std::function<bool(std::string_view stream)> wants_stream;    ///< empty: every one
  std::function<bool(std::string_view message)> wants_message;  ///< empty: every one
  Position begin;                  ///< inclusive
  Position end;                    ///< exclusive
  bool forward = true;
  std::size_t events_max = 10'000;
  std::size_t bytes_max = 1024 * 1024;    ///< of messages and kEventOverhead each; one event always fits
  std::size_t examined_max = 50'000;      ///< looked at, wanted or not
};

struct EventPage {
  std::vector<StoredEvent> events;  ///< in the order of reading
  Position next;                    ///< where to go on: the new `begin`, or `end` when backward
  bool exhausted = false;           ///< there was nothing more when it was read
};

/// Runs `scan` in slices, letting others use the loop in between. Errors: StoreError.
Task<EventPage> read_events(store::Store& store, EventScan scan);

}  // namespace brume::observe
