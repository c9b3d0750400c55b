// What a call took of what: told with its reply, also when it failed. Metrics, quotas and billing views derive from it.
#pragma once

#include <boost/container/small_vector.hpp>
#include <chrono>
#include <string>

namespace brume::service {

struct Usage {
  std::string resource;  ///< name within service, account and region of the call: a table's, a function's
  std::string part = {};  ///< of the resource: an index; "" for the resource itself
  double read_units = 0;  ///< capacity units
  double write_units = 0;
  std::chrono::nanoseconds duration{0};  ///< that a function ran for it
  bool throttled = false;  ///< refused because the resource's limit was reached
};

/// Most calls use one thing.
using UsageList = boost::container::small_vector<Usage, 1>;

}  // namespace brume::service
