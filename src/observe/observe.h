// What happened: metrics, metric series, the audit trail and CloudWatch Logs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "cluster/leases.h"
#include "observe/audit.h"
#include "observe/log_store.h"
#include "observe/metrics.h"
#include "observe/series/metric_series.h"
#include "service/operation.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace brume::observe {

struct Options {
  /// What tells that disk space is short: output of functions is dropped then, and audit records of calls that changed
  /// nothing. May be null.
  const store::DiskSpace* space = nullptr;
  std::uint64_t log_bytes_per_day = 0;  ///< of each log group; 0: no bound
  std::uint64_t audit_bytes_per_day =
      0;  ///< of each account; calls that failed may use a quarter of it more; 0: no bound
  /// Of log groups that come into being by a function's output; nullopt: for ever, as on AWS.
  std::optional<std::int64_t> log_retention_days = {};
  /// On which metric series are recorded into; empty: on the background's alone.
  std::vector<LoopExecutor> loops = {};
  /// This one's name among those that share the store: each writes points of metric series of its own.
  std::string node = "1";
};

/// Thread-safe. What is passed in must outlive it.
class Observe {
 public:
  /// Background work (commits of logs, retention, removal of deleted groups) runs on `loop`.
  Observe(store::Store& store, LoopExecutor loop, const Clock& clock, Random& random, cluster::Leases& leases,
          Options options = {});
  ~Observe();
  Observe(const Observe&) = delete;
  Observe& operator=(const Observe&) = delete;

  /// Starts the background work. Call it once, before the first request.
  Task<> open();
  /// The rows of observe/logs/operations.cpp, bound to this object.
  service::Service logs_service();

  Metrics& metrics();
  Audit& audit();
  LogStore& logs();
  MetricSeries& series();

  /// One pass of retention and removal, now: what the background does every few minutes. For tests and operators.
  Task<> maintain();
  /// Has what is kept for a time only looked through soon; thread-safe.
  void look_again();

  /// Commits pending logs and metrics, stops the background work and returns when it has ended. Call it after open(), before the
  /// loop stops.
  Task<> close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brume::observe
