// Work behind the operations: removing what deleted tables leave, and counting items after a crash. Private to
// dynamodb/.
#pragma once

#include <string>

#include "base/task.h"
#include "dynamodb/state.h"

namespace brume::dynamodb {

/// Erases all keys of `range` in chunks of one commit each, under the latch of `lock_key`. False if the service stops
/// before. Errors: store::StoreError.
Task<bool> remove_range(State& state, store::Range range, std::string lock_key);

// Both of these return early when the service stops. An error of the store ends them with a log line; what they
// did not finish is done after the next start.

/// Removes the items of a deleted table and everything that hangs on them (index entries, stream records, expiry
/// records, progress of backfills, counters) in chunks of one commit each, then the table's mark, and its record if
/// that is still the one of `table` and DELETING has been shown for its time. `deleted` is null if the record is gone
/// or of another table by now.
Task<> remove_table_items(State& state, State::Background background, TableId table, TablePtr deleted);

/// Counts again what is not counted exactly of the table and its indexes (counters.h), until a count was left undisturbed
/// by writes; on the home loop.
Task<> recount_table(State& state, State::Background background, TablePtr table);

}  // namespace brume::dynamodb
