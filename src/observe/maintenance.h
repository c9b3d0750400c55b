// What happens behind the calls: removes deleted groups and streams, expired events and old audit records, in bounded
// steps. What a stop leaves undone is taken up at the next start.
#pragma once

#include <memory>

#include "base/clock.h"
#include "observe/audit.h"
#include "store/store.h"

namespace brume::observe {

/// Thread-safe. What is passed in must outlive close().
class Maintenance {
 public:
  Maintenance(store::Store& store, LoopExecutor loop, const Clock& clock, Audit& audit);
  ~Maintenance();

  /// Runs a pass now and then on the loop.
  void start();
  /// Runs a pass soon; without effect unless started.
  void wake();
  /// One pass, on the caller's loop. Errors: StoreError.
  Task<> run_once();
  /// Stops after the step under way and returns when it has ended. Calls of run_once() end early.
  Task<> close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace brume::observe
