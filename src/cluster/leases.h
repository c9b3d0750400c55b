// Work that must happen once though several nodes could do it: each piece has a name, and whoever holds the lease of that
// name does it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/task.h"
#include "cluster/nodes.h"
#include "store/store.h"

namespace brume::cluster {

/// The lease was taken over: another node took the holder for dead. The commit did not happen.
class LeaseLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Held by this node from take() to give_up(), or until another node takes it over.
struct Lease {
  std::string name;
  /// Rises with each holder of the name, over restarts too: the version of the commit that took it.
  std::uint64_t fence = 0;
  std::string key;  ///< of its record: every transaction of the work locks it

  /// In every transaction of the work. Errors: LeaseLost.
  void check(store::Transaction& transaction) const;
};

enum class TakeFailure : std::uint8_t {
  none,
  held_here,  ///< by somebody else in this process
  held_elsewhere,
};
struct TakeResult {
  std::optional<Lease> lease;
  TakeFailure failure = TakeFailure::none;
};

/// Thread-safe.
///
/// At most one holder's commits go through at any time, whatever clocks and schedules do: a commit of the work checks the
/// fencing number in its own transaction, under the lock of the lease's record. A holder that lives keeps its lease; when it
/// stops cleanly it gives it up; when it dies others take over after NodeOptions::silence_max.
class Leases {
 public:
  /// The references outlive the object. `nodes` is open when leases are taken.
  Leases(store::Store& store, const Nodes& nodes) : store_(store), nodes_(nodes) {}
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  /// Takes the lease if nobody alive holds it; durable on return. Errors: StoreError, Unavailable.
  Task<TakeResult> take(std::string name);
  /// Nothing if it was lost already. The holder's last commit has ended. Errors: as take(); other nodes then wait until
  /// this one has ended, and this one may take it again.
  Task<> give_up(Lease lease);
  /// For a holder that met LeaseLost.
  void forget(const Lease& lease);

 private:
  store::Store& store_;
  const Nodes& nodes_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> held_;  // names, also of those being taken
};

}  // namespace brume::cluster
