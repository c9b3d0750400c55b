// Work behind the operations: removing the items of deleted tables, and counting items after a crash.
#pragma once

#include <string>

#include "base/task.h"
#include "dynamodb/state.h"

namespace brume::dynamodb {

// Both return early when the service stops. An error of the store ends them with a log line; what they
// did not finish is done after the next start.

/// Removes the items of a deleted table in chunks of one commit each, then the table's mark and counters,
/// and its record if that is still the one of `table` and DELETING has been shown for its time.
/// `deleted` is null if the record is gone or of another table by now.
Task<> remove_table_items(State& state, State::Background background, TableId table, TablePtr deleted);

/// Counts the items of a table again (counters.h).
Task<> recount_table(State& state, State::Background background, TablePtr table);

}  // namespace brume::dynamodb
