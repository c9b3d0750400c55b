// Online creation and deletion of global secondary indexes. Private to dynamodb/.
//
// An index that UpdateTable creates is published first, so that every write that begins later keeps it; when the
// writes that began before are done, it is filled from the items chunk by chunk (state/backfill.h), and then it becomes
// ACTIVE. One that is deleted is published as DELETING, which ends its maintenance; when the writes that began before
// are done, its entries are removed in chunks, and then it is taken out of the table's record. Both go on after a stop
// or a crash: the record says what is to be done, and a creation's progress stands in the store.
//
// The table shows UPDATING for Options::status_delay only and ACTIVE while the index is still filled, as on AWS: who
// wants to read the index waits for the index's status.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Starts, in the background, what UpdateTable began on the indexes of `table`; `former` is the revision before.
void start_index_work(State& state, const TablePtr& table, const Table& former);

/// Goes on with what a stop interrupted. Call it from DynamoDb::open.
void resume_index_work(State& state, const TablePtr& table);

}  // namespace brume::dynamodb
