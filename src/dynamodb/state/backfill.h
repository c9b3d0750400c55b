// Walks the items of a table under their latches, chunk by chunk: how an index that is new, or the expiry index, gets
// the items that were there before. Private to dynamodb/.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Sees one item within the transaction of its chunk. May run more than once for an item, so it changes nothing but the
/// store and what `Backfill::begin_chunk` resets; writing the same again must be harmless.
using BackfillVisitor =
    std::function<void(store::Transaction& transaction, std::string_view item_key, wire::ItemView item)>;

struct Backfill {
  TablePtr table;
  std::string progress_key;  ///< backfill_key(): how far it has come, written in the commit of each chunk
  BackfillVisitor visit;
  std::function<void()> begin_chunk = {};  ///< before each attempt at a chunk
  /// After each commit: the chunk ended before this key.
  std::function<void(const std::string& end)> committed = {};
  /// Asked for each chunk with its write pass held; false ends the work. So one who makes it false and then calls
  /// wait_for_former_writers knows that no chunk is under way.
  std::function<bool()> wanted = {};
};

enum class BackfillEnd : std::uint8_t { done, stopped };

/// Shows every item of the table to `visit`, but for those that are written meanwhile: their writers know what is being
/// filled (call wait_for_former_writers first). Goes on where an earlier call was stopped. `done` at the end, with the
/// progress erased; `stopped` if the job is told to stop before, the table is being removed, or it is no longer wanted.
Task<BackfillEnd> backfill_items(State& state, cluster::Job& job, Backfill backfill);

/// Has the backfill begun before?
Task<bool> has_backfill_progress(State& state, std::string progress_key);

}  // namespace brume::dynamodb
