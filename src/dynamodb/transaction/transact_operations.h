// TransactWriteItems and TransactGetItems.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

/// All actions or none, in one commit (transact.h).
Task<service::Reply> transact_write_items(State& state, service::Call& call);
/// All items as of one moment.
Task<service::Reply> transact_get_items(State& state, service::Call& call);

}  // namespace brume::dynamodb
