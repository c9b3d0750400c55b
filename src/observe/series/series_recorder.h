// Where values of metric series go while their minute lasts: memory of the recording thread alone, so that recording takes
// no lock, shares no counter and reads no clock but once a minute.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "observe/series/statistic_set.h"

namespace brume::observe {

/// What one thread recorded, all of it counted to one minute.
struct SeriesBatch {
  std::int64_t minute = 0;  ///< since 1970
  std::unordered_map<std::string, StatisticSet> sets;  ///< by series_key()
};

class SeriesRecorder {
 public:
  /// Each thread tells at most `series_max` series apart in a minute. What comes after is counted by refused().
  explicit SeriesRecorder(const Clock& clock, std::size_t series_max = 5000);
  ~SeriesRecorder();
  SeriesRecorder(const SeriesRecorder&) = delete;
  SeriesRecorder& operator=(const SeriesRecorder&) = delete;

  /// One value. On a thread whose take() is called now and then.
  void record(std::string_view key, double value);

  /// Several series that are recorded together, found by one look-up: `names` gives the series' keys, and is asked when
  /// this thread sees `key` for the first time in a minute. The pointers are good until the thread's next take(), so to the
  /// end of the handler that runs.
  template <class Names>
  std::span<StatisticSet* const> bundle(std::string_view key, const Names& names) {
    Shard& mine = shard();
    const auto found = mine.bundles.find(key);
    if (found != mine.bundles.end()) return found->second;
    return add_bundle(mine, key, names());
  }

  /// What the calling thread has recorded since its last take().
  SeriesBatch take();
  /// What threads that have ended left, or any that record no more.
  std::vector<SeriesBatch> take_all();

  /// Values that found no room.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  void count_refused(std::uint64_t values) { refused_.fetch_add(values, std::memory_order_relaxed); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  struct Shard {
    std::int64_t minute = 0;
    std::unordered_map<std::string, StatisticSet, Hash, std::equal_to<>> sets;
    std::unordered_map<std::string, std::vector<StatisticSet*>, Hash, std::equal_to<>> bundles;
    std::vector<StatisticSet*> no_room;  ///< what a bundle that found no place gets
    StatisticSet overflow;
  };
  Shard& shard();
  StatisticSet& at(Shard& mine, std::string_view key);
  std::span<StatisticSet* const> add_bundle(Shard& mine, std::string_view key, std::vector<std::string> names);
  SeriesBatch take(Shard& mine);

  const Clock& clock_;
  const std::size_t series_max_;
  const std::uint64_t id_;
  std::atomic<std::uint64_t> refused_{0};
  std::mutex mutex_;  // for what follows; taken once a thread
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace brume::observe
