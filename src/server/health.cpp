#include "server/health.h"

namespace brume::server {

std::vector<std::string_view> Health::reasons() const {
  std::vector<std::string_view> reasons;
  switch (phase()) {
    case Phase::starting: reasons.push_back("starting"); return reasons;
    case Phase::draining: reasons.push_back("draining"); break;
    case Phase::serving: break;
  }
  if (!store_.state().failure.empty()) reasons.push_back("store_refuses_writes");
  if (space_.level() >= store::SpaceLevel::critical) reasons.push_back("disk_space_critical");
  const lambda::Lambda* lambda = lambda_.load(std::memory_order_acquire);
  if (lambda && !lambda->trouble().empty()) reasons.push_back("functions_cannot_run");
  return reasons;
}

}  // namespace brume::server
