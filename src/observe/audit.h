// The audit trail: one CloudTrail event record for each managing call, durable and in time order.
// Source: AWS CloudTrail user guide, "CloudTrail record contents".
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "cluster/job.h"
#include "observe/daily_quota.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace brume::observe {

struct AuditEvent {
  std::string account;        ///< 12 digits
  std::string region;
  std::string event_source;   ///< "dynamodb.amazonaws.com"
  std::string event_name;     ///< "CreateTable"
  std::string access_key_id;  ///< "" for an anonymous call
  std::string principal_arn;
  std::string user_id;
  std::string source_ip;
  std::string user_agent;
  std::string request_id;
  boost::json::object request_parameters;  ///< as decoded; secrets are masked before anything is written
  bool read_only = false;
  std::string error_code;     ///< "" for success
  std::string error_message;
  WallTime time;
};

/// Thread-safe. What is passed in must outlive it.
class Audit {
 public:
  static constexpr std::chrono::hours kRetention{90 * 24};

  struct Bounds {
    const store::DiskSpace* space = nullptr;
    std::uint64_t bytes_per_day = 0;
  };
  Audit(store::Store& store, Random& random, const Clock& clock, Bounds bounds)
      : store_(store),
        random_(random),
        space_(bounds.space),
        changes_(clock, bounds.bytes_per_day, "audit_quota_used_up"),
        others_(clock, (bounds.bytes_per_day + 3) / 4, "audit_failures_quota_used_up") {}

  /// Returns once the record is durable, or was dropped and counted: beyond the account's quota of the day, or, if the call
  /// changed nothing, because disk space is short. Errors: StoreError, Unavailable.
  Task<> record(AuditEvent event);

  /// The first `limit` records of `account` with from <= time < to, oldest first. Errors: StoreError.
  Task<std::vector<boost::json::object>> list(std::string account, WallTime from, WallTime to, std::size_t limit);

  /// Removes at most `limit` records older than kRetention at `now`; how many went. `position` is "" at first; each call
  /// begins where the last one ended, so that it does not walk over what is gone. Errors: StoreError.
  Task<std::size_t> prune(cluster::Job& job, WallTime now, std::size_t limit, std::string& position);

  /// Since the start.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t dropped_bytes() const { return dropped_bytes_.load(std::memory_order_relaxed); }

 private:
  bool may_keep(const AuditEvent& event, std::size_t bytes);

  store::Store& store_;
  Random& random_;
  const store::DiskSpace* space_;
  DailyQuota changes_;
  DailyQuota others_;  ///< failures and reads: apart, so that nobody can fail until his changes go unrecorded
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> dropped_bytes_{0};
};

/// The record that is kept for `event`: CloudTrail's shape, secrets as HIDDEN_DUE_TO_SECURITY_REASONS, large values cut.
boost::json::object cloud_trail_record(const AuditEvent& event, std::string event_id);

}  // namespace brume::observe
