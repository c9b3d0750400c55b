// What streams need beside reading and writing: shards that follow one another, records that go away when their time is
// over, streams that end with their table or before it. Private to dynamodb/.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "dynamodb/stream/shards.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Loads the tables that were deleted but whose streams can still be read, and ends the streams that were disabled when
/// the service stopped before it could do so. Called by DynamoDb::open before anything writes items.
Task<> open_streams(State& state);

/// In the transaction that deletes a table: notes that its streams outlive it, if it has any.
void retain_streams(store::Transaction& transaction, const Table& deleted);

/// After UpdateTable or DeleteTable: ends a stream that was disabled, as soon as nobody writes to it any more.
void start_stream_work(State& state, TablePtr table);

/// One round over all streams: opens the next shard where the open one has had its time, trims what is older than
/// Options::stream_retention, removes streams that were disabled that long ago. A stream with nothing to do costs no
/// read. For Jobs::repeat().
Task<> keep_streams(State& state, cluster::Job& job);

}  // namespace brume::dynamodb
