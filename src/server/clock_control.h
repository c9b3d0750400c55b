// The clock of an open server can be set forward, so that what takes hours is tried in seconds.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "cluster/changes.h"
#include "store/store.h"

namespace brume::server {

/// How far all of it may go: calendar time must stay what 64 bits of nanoseconds and AWS's formats can tell.
inline constexpr std::chrono::hours kAheadMax{24 * 365 * 100};

/// "90s", "2h", "1.5h", "7d", "500ms"; nullopt if it is none, not positive, or above kAheadMax.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

class ClockControl {
 public:
  /// Both outlive it.
  ClockControl(store::Store& store, AdvancedClock& clock);

  /// Sets the clock to where it had been moved before the last stop: time never goes back. Once, before the services open.
  Task<> open();
  /// Called after each move, whichever node made it, on any thread: whoever rests until a time looks again. Before the
  /// first move.
  void on_move(std::function<void()> look_again) { moved_.push_back(std::move(look_again)); }
  /// Durable, then in effect, for everybody. False: the sum would be above kAheadMax.
  Task<bool> advance(std::chrono::milliseconds by);

  WallTime now() const { return clock_.now(); }
  std::chrono::milliseconds ahead() const { return clock_.ahead(); }

 private:
  void follow(std::chrono::milliseconds ahead);

  store::Store& store_;
  AdvancedClock& clock_;
  std::vector<std::function<void()>> moved_;
  std::mutex mutex_;  ///< of follow()
  cluster::Changes changes_;
};

}  // namespace brume::server
