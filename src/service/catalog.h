// All operations of all services that the server has.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "service/operation.h"

namespace brume::service {

/// Filled while the server opens, by one thread and before anybody looks; read by all of them afterwards. What it gives
/// out lives as long as it does.
class Catalog {
 public:
  void add(Service service);

  const std::deque<Service>& services() const { return services_; }
  /// The operations of a service, sorted by name; empty if there is no such service. `service` is the model's name.
  const std::vector<Entry>& entries(std::string_view service) const;
  /// nullptr: AWS has no such operation, or Brume no such service.
  const Entry* entry(std::string_view service, std::string_view operation) const;

 private:
  struct Part {
    std::string_view service;
    std::vector<Entry> entries;
  };
  std::deque<Service> services_;  // addresses are kept
  std::deque<Part> parts_;
};

}  // namespace brume::service
