#include "observe/observe.h"

#include "observe/logs/operations.h"
#include "observe/maintenance.h"

namespace brume::observe {

struct Observe::Impl {
  Impl(store::Store& store, const LoopExecutor& loop, const Clock& clock, Random& random, cluster::Leases& leases,
       const Options& options)
      : audit(store, random, clock, {options.space, options.audit_bytes_per_day}),
        logs(store, loop, clock,
             {.space = options.space,
              .group_bytes_per_day = options.log_bytes_per_day,
              .retention_days = options.log_retention_days}),
        series(store, options.loops.empty() ? std::vector{loop} : options.loops, clock,
               {.space = options.space, .node = options.node}),
        maintenance(store, loop, clock, leases, audit),
        api(store, clock, logs, maintenance) {
    metrics.add_gauge("brume_log_events_dropped", "Log events of functions dropped since the start.",
                      [this] { return static_cast<double>(logs.dropped()); });
    metrics.add_gauge("brume_log_bytes_dropped", "Bytes of these events.",
                      [this] { return static_cast<double>(logs.dropped_bytes()); });
    metrics.add_gauge("brume_audit_records_dropped", "Audit records not kept, by quota or for want of disk space.",
                      [this] { return static_cast<double>(audit.dropped()); });
    metrics.add_gauge("brume_audit_bytes_dropped", "Bytes of these records.",
                      [this] { return static_cast<double>(audit.dropped_bytes()); });
    metrics.add_gauge("brume_series_values_dropped",
                      "Values of metric series not kept, because there are too many series or for want of disk space.",
                      [this] { return static_cast<double>(series.dropped()); });
  }

  Audit audit;
  LogStore logs;
  MetricSeries series;
  Maintenance maintenance;
  LogsApi api;
  Metrics metrics;
};

Observe::Observe(store::Store& store, LoopExecutor loop, const Clock& clock, Random& random, cluster::Leases& leases,
                 Options options)
    : impl_(std::make_unique<Impl>(store, loop, clock, random, leases, options)) {}
Observe::~Observe() = default;

Task<> Observe::open() {
  co_await impl_->series.open();
  impl_->maintenance.start();
}

service::Service Observe::logs_service() { return make_logs_service(impl_->api); }
Metrics& Observe::metrics() { return impl_->metrics; }
Audit& Observe::audit() { return impl_->audit; }
LogStore& Observe::logs() { return impl_->logs; }
MetricSeries& Observe::series() { return impl_->series; }

Task<> Observe::maintain() { co_await impl_->maintenance.run_once(); }

void Observe::look_again() {
  impl_->maintenance.wake();
  impl_->series.look_again();
}

Task<> Observe::close() {
  co_await impl_->logs.close();
  co_await impl_->series.close();
  co_await impl_->maintenance.close();
}

}  // namespace brume::observe
