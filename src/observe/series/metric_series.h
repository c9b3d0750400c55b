// Metric series as CloudWatch has them: values by namespace, name and dimensions, kept as a statistic set for each minute.
// The one place into which every feature records, and from which they are read.
//
//   MetricSeries series(store, {loops}, clock, {});
//   co_await series.open();
//   series.recorder().record(series_key(account, region, "AWS/Lambda", "Errors", {{"FunctionName", "f"}}), 1);
//
// Values gather in the memory of the loop that records them (series_recorder.h) and are written shortly after each full
// minute: a crash loses at most that. A value counts to the minute in which its loop wrote the first one since then.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "observe/series/series_recorder.h"
#include "observe/series/series_store.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace brume::observe {

struct SeriesOptions {
  const store::DiskSpace* space = nullptr;  ///< may be null; while it is short, values are dropped
  std::string node = "1";  ///< among those that share the store
  std::size_t series_max = 5000;  ///< kept at a time, and told apart by a loop in a minute
  std::chrono::hours retention{15 * 24};
};

/// Thread-safe. What is passed in must outlive it.
class MetricSeries {
 public:
  /// `loops`: those on which values are recorded, at least one; the first does the writing.
  MetricSeries(store::Store& store, std::vector<LoopExecutor> loops, const Clock& clock, SeriesOptions options);
  ~MetricSeries();
  MetricSeries(const MetricSeries&) = delete;
  MetricSeries& operator=(const MetricSeries&) = delete;

  /// Starts the background work. Errors: StoreError.
  Task<> open();
  /// Writes what there is and ends the background work. After open(), while the loops run.
  Task<> close();

  /// The clock was moved: writes soon what was recorded before, and removes what has become old.
  void look_again();

  SeriesRecorder& recorder();

  /// Whatever was recorded before is in the store when it returns; false if the store did not take it: the next flush
  /// tries again.
  Task<bool> flush();
  /// See SeriesStore.
  Task<std::vector<SeriesPoint>> read(std::string key, WallTime from, WallTime to, std::size_t limit);
  Task<std::vector<std::string>> list(std::string prefix, std::string after, std::size_t limit);

  /// Values that were not kept since the start: of too many series, or for want of disk space.
  std::uint64_t dropped() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace brume::observe
