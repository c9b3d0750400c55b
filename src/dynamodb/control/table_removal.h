// Removing what deleted tables leave. Private to dynamodb/.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Removes the items of a deleted table and everything that hangs on them (index entries, stream records, expiry
/// records, progress of backfills, counters) in chunks of one commit each, then the table's mark, and its record if
/// that is still the one of `table` and DELETING has been shown for its time. `deleted` is null if the record is gone
/// or of another table by now.
///
/// Returns early when the service stops: what it did not finish is done after the next start. After an error of the store,
/// which is logged, it goes on later.
void start_table_removal(State& state, TableId table, TablePtr deleted);

}  // namespace brume::dynamodb
