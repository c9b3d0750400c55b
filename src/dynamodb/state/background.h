// Jobs that run again and again on the service's home loop: the expiry sweeper, trimming of streams and the like.
// Private to dynamodb/.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Starts a job on State::home that awaits `job`, rests for `interval` and begins anew until the service stops; a rest
/// under way ends then. What `job` throws is logged as `name` and does not end the repetition: the rests after it double,
/// up to a minute, until it succeeds again. Call it from DynamoDb::open.
void repeat(State& state, std::chrono::milliseconds interval, std::string_view name, std::function<Task<>(State&)> job);

/// Awaits `job` until it has ended without an exception or the service stops: what it throws is logged as `name` with
/// `table`, and it is tried again after a rest that doubles up to a minute; a store that refuses writes may take them again.
/// A job that finds its table gone (ResourceNotFoundException) has ended.
Task<> until_done(State& state, std::string_view name, std::string table, std::function<Task<>()> job);

/// Rests for `duration`, shorter if the service stops. On the home loop only.
Task<> rest(State& state, std::chrono::milliseconds duration);

/// Ends all rests; thread-safe. State::stopping is set before.
void end_rests(State& state);

/// Awaits `task` and logs what it throws as `name`: nobody else would.
Task<> logged(Task<> task, std::string_view name);

}  // namespace brume::dynamodb
