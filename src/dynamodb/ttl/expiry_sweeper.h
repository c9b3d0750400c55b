// Deletes items whose time has come. Private to dynamodb/.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Items that expired longer ago than this stay: AWS takes such a time for a mistake.
inline constexpr std::chrono::hours kOldestExpiry{24 * 365 * 5};

/// One sweep over the expiry index up to the present second, in chunks of one commit each. An item is deleted only if, under
/// its latch, it still expires: an update that came first wins. For Jobs::repeat().
Task<> sweep_expired_items(State& state, cluster::Job& job);

}  // namespace brume::dynamodb
