// Changing the record of a table. Private to dynamodb/.
#pragma once

#include <functional>

#include "base/task.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Reads the record of `table` in a transaction, lets `change` alter it, writes it as the next revision, which
/// State::tables shows from then on. `change` may run more than once; what it throws comes out here and nothing is changed.
/// `also`, if given, writes further keys in the same commit. Errors: ResourceNotFoundException if the table
/// went away meanwhile.
Task<TablePtr> change_table(State& state, TablePtr table, std::function<void(Table&)> change,
                            std::function<void(store::Transaction&, const Table&)> also = {});
/// The same as a commit of background work.
Task<TablePtr> change_table(cluster::Job& job, TablePtr table, std::function<void(Table&)> change,
                            std::function<void(store::Transaction&, const Table&)> also = {});

/// Throws ResourceInUseException, with AWS's texts, unless the table is active.
void check_not_in_use(const Table& table, WallTime now);

}  // namespace brume::dynamodb
