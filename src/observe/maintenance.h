// What happens behind the calls: removes deleted groups and streams, expired events and old audit records, in bounded
// steps, on one node. What a stop leaves undone is taken up at the next start, or by another node.
#pragma once

#include <memory>

#include "base/clock.h"
#include "cluster/leases.h"
#include "observe/audit.h"
#include "store/store.h"

namespace brume::observe {

/// Thread-safe. What is passed in must outlive close().
class Maintenance {
 public:
  Maintenance(store::Store& store, LoopExecutor loop, const Clock& clock, cluster::Leases& leases, Audit& audit);
  ~Maintenance();

  /// Runs a pass now and then on the loop.
  void start();
  /// Runs a pass soon; without effect unless started.
  void wake();
  /// One pass; it has ended on return, or close() was called. Errors: std::runtime_error with what went wrong.
  Task<> run_once();
  /// Stops after the step under way and returns when it has ended. Passes of run_once() end early.
  Task<> close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace brume::observe
