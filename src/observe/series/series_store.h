// Metric series on the disk: a record for each series, and one for each minute in which it had values.
//
//   o m  series_key                              → id (16 bytes)
//   o p  id  minute u32  node                    → statistic set
//
// Each node writes points of its own, and who reads adds them up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "observe/series/series_recorder.h"
#include "observe/series/series_name.h"
#include "store/store.h"

namespace brume::observe {

struct SeriesPoint {
  std::int64_t minute = 0;  ///< since 1970
  StatisticSet set;
};

/// For one loop at a time, but for read() and list(), which are thread-safe.
class SeriesStore {
 public:
  /// `node`: the writer's name among those that share the store. At most `series_max` series are kept at a time.
  SeriesStore(store::Store& store, std::string node, std::size_t series_max = 5000);

  /// Looks which series there are. Errors: StoreError.
  Task<> open();

  /// Adds the batches to what is there. Returns how many values found no room, because there are too many series.
  /// Errors: StoreError, Unavailable; what was written before stays, and is taken out of `batches`.
  Task<std::uint64_t> write(std::vector<SeriesBatch>& batches);

  /// The minutes of a series from `from` up to `to`, at most `limit`, in order. Errors: StoreError.
  Task<std::vector<SeriesPoint>> read(std::string key, WallTime from, WallTime to, std::size_t limit);
  /// Keys that begin with `prefix`, at most `limit`, behind `after` unless that is "". Errors: StoreError.
  Task<std::vector<std::string>> list(std::string prefix, std::string after, std::size_t limit);

  /// Removes points from before `before`, and series that then have none. Errors: StoreError.
  Task<> prune(WallTime before);

 private:
  using Set = std::pair<const std::string, StatisticSet>;
  void write_step(store::Transaction& transaction, std::int64_t minute, std::span<const Set* const> sets) const;

  store::Store& store_;
  const std::string node_;
  const std::size_t series_max_;
  std::unordered_set<std::string> known_;
  std::uint32_t pruned_to_ = 0;  ///< minute
};

}  // namespace brume::observe
