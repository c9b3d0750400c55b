#include "observe/daily_quota.h"

#include <chrono>

#include "base/log.h"

namespace brume::observe {

bool DailyQuota::take(const std::string& key, std::uint64_t bytes) {
  if (bytes_max_ == 0) return true;
  const std::int64_t today = std::chrono::floor<std::chrono::days>(clock_.now()).time_since_epoch().count();
  {
    std::lock_guard lock(mutex_);
    if (today != day_) used_.clear();
    day_ = today;
    auto at = used_.find(key);
    if (at == used_.end()) at = used_.try_emplace(used_.size() < kKeysMax ? key : std::string()).first;
    Used& used = at->second;
    if (used.bytes + bytes <= bytes_max_) {
      used.bytes += bytes;
      return true;
    }
    if (used.told) return false;
    used.told = true;
  }
  log_warn(event_, {{"name", key}, {"bytes_a_day", bytes_max_}});
  return false;
}

}  // namespace brume::observe
