// Jobs that run again and again on the service's home loop: the expiry sweeper, trimming of streams and the like.
// Private to dynamodb/.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Starts a job on State::home that awaits `job`, rests for `interval` and begins anew until the service stops; a rest
/// under way ends then. What `job` throws is logged as `name` and does not end the repetition. Call it from
/// DynamoDb::open.
void repeat(State& state, std::chrono::milliseconds interval, std::string_view name, std::function<Task<>(State&)> job);

/// Rests for `duration`, shorter if the service stops. On the home loop only.
Task<> rest(State& state, std::chrono::milliseconds duration);

/// Ends all rests; thread-safe. State::stopping is set before.
void end_rests(State& state);

/// Awaits `task` and logs what it throws as `name`: nobody else would.
Task<> logged(Task<> task, std::string_view name);

}  // namespace brume::dynamodb
