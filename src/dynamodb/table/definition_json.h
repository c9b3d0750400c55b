// Members of the table operations' inputs. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_members.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

inline bool is_non_empty_array(const boost::json::object& o, std::string_view name) {
  const boost::json::array* value = array_member(o, name);
  return value && !value->empty();
}

/// "a, b, c", as lists stand in AWS's messages.
inline std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// Throughput of a ProvisionedThroughput. Errors: ValidationException for units beyond all bounds.
Throughput read_throughput(const boost::json::object& o);

/// Brings `current` to the units of `wanted` and notes what rose or fell when.
void change_throughput(const Throughput& wanted, WallTime now, Throughput& current);

/// A ProvisionedThroughputDescription.
boost::json::object describe_throughput(const Throughput& throughput, WallTime now);

/// A warm throughput's description: an on-demand table or index starts warm for 12,000 reads and 4,000 writes a second,
/// a provisioned one for what it has; `given` is what was asked for.
boost::json::object describe_warm_throughput(bool on_demand, const Throughput& throughput,
                                             const boost::json::object& given);

}  // namespace brume::dynamodb
