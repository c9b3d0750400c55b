// ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

/// One PartiQL statement: a page of a SELECT, or one item written.
Task<service::Reply> execute_statement(State& state, service::Call& call);

/// Up to 25 statements on one item each, all reads or all writes, that succeed or fail one by one.
Task<service::Reply> batch_execute_statement(State& state, service::Call& call);

/// Up to 100 statements on one item each, all reads or all writes (and checks), done all together or not at all.
Task<service::Reply> execute_transaction(State& state, service::Call& call);

}  // namespace brume::dynamodb
