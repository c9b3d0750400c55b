// Waiting out changes that take milliseconds: SDKs' waiters look once and then sleep for many seconds.
#pragma once

#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// When to answer, whatever is still changing then.
inline SteadyTime settle_end(const State& state) { return state.clock.monotonic() + state.options.settle_wait; }

/// Waits a moment; false, at once, when it is time to answer.
inline Task<bool> wait_to_settle(const State& state, SteadyTime end) {
  constexpr std::chrono::milliseconds kPoll{2};
  if (state.jobs.stopping() || state.clock.monotonic() >= end) co_return false;
  co_await sleep_for(kPoll);
  co_return true;
}

}  // namespace brume::dynamodb
