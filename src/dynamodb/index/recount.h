// Counting items and index entries again after a crash. Private to dynamodb/.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Counts again what is not counted exactly of the table and its indexes (counters.h), until a count was left undisturbed
/// by writes; on the home loop.
/// Returns early when the service stops. An error of the store is logged, and the count begun anew.
void start_recount(State& state, TablePtr table);

}  // namespace brume::dynamodb
