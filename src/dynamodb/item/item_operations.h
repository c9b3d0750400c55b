// GetItem, PutItem, UpdateItem and DeleteItem.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

/// Reads the latest committed item; an eventually consistent read gets the same and costs half.
Task<service::Reply> get_item(State& state, service::Call& call);

// Each write is one transaction under the item's latch: what the condition saw is what the write changes.
Task<service::Reply> put_item(State& state, service::Call& call);
Task<service::Reply> update_item(State& state, service::Call& call);
Task<service::Reply> delete_item(State& state, service::Call& call);

}  // namespace brume::dynamodb
