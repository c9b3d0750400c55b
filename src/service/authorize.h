// Whether a caller may run an operation, judged before its handler sees the call. What an operation does to whose things
// beyond that is its service's own to judge.
#pragma once

#include <optional>
#include <span>

#include "service/call.h"
#include "service/failure.h"
#include "service/operation.h"

namespace brume::service {

/// Whoever decides by policies. server/ connects it.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// nullopt: the caller may do all of `wanted`. Runs on the caller's loop; `call` and `wanted` outlive it. What it throws
  /// fails the call.
  virtual Task<std::optional<Failure>> authorize(const Entry& entry, const Call& call,
                                                 std::span<const Access> wanted) = 0;
};

/// What `entry`'s row says, "SERVICE:OPERATION" on "*" where it says nothing. `entry.row` is not null.
std::vector<Access> wanted_by(const Entry& entry, const Call& call);

/// AccessDenied as the service's clients know it.
Failure access_denied(const ServiceModel& model, std::string message);

/// Until policies decide: functions run code that nobody vouches for, so their sessions do not change what decides over
/// everything else (Service::guarded). Everything else is allowed. `entry.row` is not null.
std::optional<Failure> refuse_caller(const Entry& entry, const Call& call);

}  // namespace brume::service
