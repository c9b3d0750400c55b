// Erasing many keys without holding anybody up. Private to dynamodb/.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Sees a key and its value before they are erased, in the transaction that erases them.
using BeforeErasing = std::function<void(store::Transaction&, std::string_view key, std::string_view value)>;

/// Erases all keys of `range` in chunks of one commit of `job` each, under the latch of `lock_key`. False if the job is told
/// to stop before. Errors: those of Job::commit.
Task<bool> remove_range(State& state, cluster::Job& job, store::Range range, std::string lock_key,
                        BeforeErasing before = {});

}  // namespace brume::dynamodb
