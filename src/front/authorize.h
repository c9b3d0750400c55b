// Whether a caller may run an operation, judged by its row and by who calls, before its handler sees the call. What an
// operation does to whose things is its service's own to judge.
#pragma once

#include <optional>

#include "front/directory.h"
#include "front/error_reply.h"
#include "service/call.h"

namespace brume::front {

/// Until policies decide: functions run code that nobody vouches for, so their sessions do not change what decides over
/// everything else (service::Service::guarded). Everything else is allowed. `entry.row` is not null.
std::optional<Failure> refuse_caller(const Entry& entry, const service::Call& call);

}  // namespace brume::front
