// Takes the output of functions into CloudWatch Logs: never blocks the writer, commits in batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "store/store.h"

namespace brume::observe {

struct LogEvent {
  std::int64_t timestamp_millis = 0;
  std::string message;  ///< any bytes; what is not UTF-8 is stored as U+FFFD, an empty message as one newline
};

struct LogStoreOptions {
  std::chrono::milliseconds commit_delay{50};         ///< how long events wait for others to commit with
  std::size_t pending_bytes_max = 32 * 1024 * 1024;   ///< of events not yet committed; more are dropped
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
  /// full, or come after close(), are dropped, counted in dropped() and told of in a logged warning.
  void append(std::string account, std::string region, std::string group, std::string stream,
              std::vector<LogEvent> events);

  /// Returns when all that was appended before the call is committed, or was given up after an error of the store (which
  /// is logged and counted in dropped()). May be awaited on any loop, as long as `loop` runs.
  Task<> flush();
  /// flush(), and takes nothing more.
  Task<> close();

  std::uint64_t dropped() const;  ///< events since the start

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace brume::observe
