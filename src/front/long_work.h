// Work over all bytes of a body: on the caller's loop if they are few, else on a pool. Private to front/.
#pragma once

#include <type_traits>
#include <utility>

#include "base/blocking_pool.h"
#include "base/task.h"

namespace brume::front {

/// What `work` returns. `pool` null: always on the loop. Errors: PoolFull.
template <class F>
Task<std::invoke_result_t<F&>> over_bytes(BlockingPool* pool, std::size_t bytes, F work) {
  if (pool == nullptr || bytes < kLongBytes) co_return work();
  co_return co_await pool->run(std::move(work));
}

}  // namespace brume::front
