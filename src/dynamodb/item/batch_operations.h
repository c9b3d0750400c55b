// BatchGetItem and BatchWriteItem.
#pragma once

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "service/call.h"

namespace brume::dynamodb {

inline constexpr std::size_t kMaxBatchReplyBytes = 16 * 1024 * 1024;

/// The items of up to 100 keys of several tables. What does not fit into 16 MB comes back as UnprocessedKeys.
Task<service::Reply> batch_get_item(State& state, service::Call& call);
/// Up to 25 puts and deletes. AWS promises each of them for itself; here all are one commit, which is faster. One that
/// meets a transaction under way is not done and comes back as UnprocessedItems, so nothing waits.
Task<service::Reply> batch_write_item(State& state, service::Call& call);

}  // namespace brume::dynamodb
