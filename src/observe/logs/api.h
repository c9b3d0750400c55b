// The handlers of CloudWatch Logs' operations.
#pragma once

#include "base/clock.h"
#include "observe/log_store.h"
#include "observe/logs/records.h"
#include "observe/maintenance.h"
#include "service/operation.h"

namespace brume::observe {

/// Thread-safe. What is passed in must outlive it.
class LogsApi {
 public:
  using Reply = service::Reply;
  using Call = service::Call;

  LogsApi(store::Store& store, const Clock& clock, LogStore& logs, Maintenance& maintenance)
      : store_(store), clock_(clock), logs_(logs), maintenance_(maintenance) {}

  // group_operations.cpp
  Task<Reply> create_log_group(Call& call);
  Task<Reply> delete_log_group(Call& call);
  Task<Reply> describe_log_groups(Call& call);
  Task<Reply> put_retention_policy(Call& call);
  Task<Reply> delete_retention_policy(Call& call);
  // stream_operations.cpp
  Task<Reply> create_log_stream(Call& call);
  Task<Reply> delete_log_stream(Call& call);
  Task<Reply> describe_log_streams(Call& call);
  // event_operations.cpp, put_log_events.cpp
  Task<Reply> put_log_events(Call& call);
  Task<Reply> get_log_events(Call& call);
  Task<Reply> filter_log_events(Call& call);

 private:
  std::int64_t now() const { return unix_millis(clock_.now()); }
  Task<> set_retention(GroupName name, std::optional<std::int64_t> days);

  store::Store& store_;
  const Clock& clock_;
  LogStore& logs_;
  Maintenance& maintenance_;
};

}  // namespace brume::observe
