// Walks the items of a table under their latches, chunk by chunk: how an index that is new, or the expiry index, gets the
// items that were there before. Private to dynamodb/.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "dynamodb/state.h"

namespace brume::dynamodb {

/// Sees one item within the transaction of its chunk. May run more than once for an item, so it changes nothing but the
/// store; writing the same again must be harmless.
using BackfillVisitor =
    std::function<void(store::Transaction& transaction, std::string_view item_key, wire::ItemView item)>;

/// Called once after each commit with how many items the chunk held.
using BackfillProgress = std::function<void(std::size_t items)>;

/// Shows every item of `table` to `visit`, but for those that are written meanwhile: their writers know what is being
/// filled (call wait_for_former_writers first). How far it has come stands under `progress_key` in the commit of each
/// chunk; a later call goes on there. Returns true at the end, having erased the progress; false if the service stops
/// before, or the table is being removed.
Task<bool> backfill_items(State& state, TablePtr table, std::string progress_key, BackfillVisitor visit,
                          BackfillProgress progressed = {});

}  // namespace brume::dynamodb
