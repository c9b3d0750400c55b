// Members of the table operations' inputs. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// The member, or null if it is absent or JSON null.
inline const boost::json::value* member(const boost::json::object& o, std::string_view name) {
  const boost::json::value* value = o.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

/// "" if absent.
inline std::string text(const boost::json::object& o, std::string_view name) {
  const boost::json::value* value = member(o, name);
  return value ? std::string(value->as_string()) : std::string();
}

/// 0 if absent.
inline std::int64_t integer(const boost::json::object& o, std::string_view name) {
  const boost::json::value* value = member(o, name);
  return value ? value->to_number<std::int64_t>() : 0;
}

/// The array, or null if it is absent.
inline const boost::json::array* array(const boost::json::object& o, std::string_view name) {
  const boost::json::value* value = member(o, name);
  return value ? &value->as_array() : nullptr;
}

inline bool is_non_empty_array(const boost::json::object& o, std::string_view name) {
  const boost::json::array* value = array(o, name);
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
