// How many bytes a day somebody may leave in the store.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace brume::observe {

/// Counts in memory, by key, from midnight UTC or the start of the process on. Thread-safe.
class DailyQuota {
 public:
  /// `bytes_max` a day for each key; 0: no bound. `event` names the log line that tells, once a day and key, that a quota
  /// is used up.
  DailyQuota(const Clock& clock, std::uint64_t bytes_max, std::string_view event)
      : clock_(clock), bytes_max_(bytes_max), event_(event) {}

  /// Takes `bytes` of the quota of `key`; false, and nothing is taken, if so much is not left.
  bool take(const std::string& key, std::uint64_t bytes);

  /// More keys than this share one quota.
  static constexpr std::size_t kKeysMax = 10'000;

 private:
  struct Used {
    std::uint64_t bytes = 0;
    bool told = false;
  };

  const Clock& clock_;
  const std::uint64_t bytes_max_;
  const std::string_view event_;
  std::mutex mutex_;
  std::int64_t day_ = 0;
  std::unordered_map<std::string, Used> used_;
};

}  // namespace brume::observe
