// Whether the server does its work, for load balancers and supervisors.
#pragma once

#include <atomic>
#include <string_view>
#include <vector>

#include "lambda/lambda.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace brume::server {

/// Thread-safe.
class Health {
 public:
  enum class Phase : std::uint8_t { starting, serving, draining };

  Health(const store::Store& store, const store::DiskSpace& space) : store_(store), space_(space) {}

  void set(Phase phase) { phase_.store(phase, std::memory_order_release); }
  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  /// Whose sandboxes are looked at from now on; it must outlive the last call of reasons().
  void set(const lambda::Lambda* lambda) { lambda_.store(lambda, std::memory_order_release); }

  /// Why requests should go elsewhere, as words for machines; none: they are welcome.
  ///   starting, draining                  it takes no requests yet, or no more
  ///   store_refuses_writes                a write failed; reads go on
  ///   disk_space_critical                 writes are refused until there is room (store/disk_space.h)
  ///   functions_cannot_run                there are functions, and this host can build no sandbox
  std::vector<std::string_view> reasons() const;

 private:
  const store::Store& store_;
  const store::DiskSpace& space_;
  std::atomic<Phase> phase_{Phase::starting};
  std::atomic<const lambda::Lambda*> lambda_{nullptr};
};

}  // namespace brume::server
