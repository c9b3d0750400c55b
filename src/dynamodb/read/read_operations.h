// Query and Scan.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

/// Items of one partition in the order of their sort keys.
Task<service::Reply> query(State& state, service::Call& call);

/// Items of the table, or of one of its segments, in the order of their partitions' hashes.
Task<service::Reply> scan(State& state, service::Call& call);

}  // namespace brume::dynamodb
