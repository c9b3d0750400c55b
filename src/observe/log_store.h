// Takes the output of functions into CloudWatch Logs: never blocks the writer, commits in batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace brume::observe {

struct LogEvent {
  std::int64_t timestamp_millis = 0;
  std::string message;  ///< any bytes; what is not UTF-8 is stored as U+FFFD, an empty message as one newline
};

struct LogStoreOptions {
  std::chrono::milliseconds commit_delay{50};         ///< how long events wait for others to commit with
  std::size_t pending_bytes_max = 32 * 1024 * 1024;   ///< of events not yet committed; more are dropped
  const store::DiskSpace* space = nullptr;            ///< while it is short, events are dropped; may be null
  std::uint64_t group_bytes_per_day = 0;              ///< more are dropped; 0: no bound
  std::optional<std::int64_t> retention_days = {};    ///< of groups that append() creates
};

/// Thread-safe. `store`, `clock` and `loop`'s context must outlive it.
class LogStore {
 public:
  LogStore(store::Store& store, LoopExecutor loop, const Clock& clock, LogStoreOptions options = {});
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  /// Queues `events` for a stream, creating group and stream when they are written first. Events of one stream with equal
  /// timestamps keep the order of the calls. Neither blocks nor throws (but for bad_alloc). Events that find the queue
  /// full or disk space short, go beyond the group's quota or come after close() are dropped, counted in dropped() and
  /// told of in a logged warning, one every ten seconds at the most.
  void append(std::string account, std::string region, std::string group, std::string stream,
              std::vector<LogEvent> events);

  /// Returns when all that was appended before the call is committed, or was given up after an error of the store (which
  /// is logged and counted in dropped()). May be awaited on any loop, as long as `loop` runs.
  Task<> flush();
  /// flush(), and takes nothing more.
  Task<> close();

  /// Takes `bytes`, which came by another way, of the group's quota of the day; false if so much is not left. Errors:
  /// Unavailable while disk space is short.
  bool take_quota(const std::string& account, const std::string& region, const std::string& group, std::uint64_t bytes);

  std::uint64_t dropped() const;  ///< events since the start
  std::uint64_t dropped_bytes() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace brume::observe
