// On-demand limits and warm throughput of tables and global indexes, checked. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// OnDemandThroughput of a table (`index` "") or an index, taken into `limits`. With `is_update` a value of -1 takes a
/// limit away. Errors: ValidationException if the billing mode is PROVISIONED or a limit is out of range.
void apply_on_demand_throughput(const boost::json::object& input, BillingMode mode, std::string_view index,
                                bool is_update, boost::json::object& limits);

/// WarmThroughput of a table (`index` "") or an index, taken into `warm`; members that are not given stay. Errors:
/// ValidationException for less than there is.
void apply_warm_throughput(const boost::json::object& input, BillingMode mode, const Throughput& throughput,
                           std::string_view index, bool is_update, boost::json::object& warm);

/// The units that an account can provision for one table or one index. Errors: LimitExceededException.
void check_capacity_quota(const Throughput& wanted, std::string_view region, std::string_view index);

/// Errors: LimitExceededException if `wanted` is a decrease too many for today.
void check_decrease_budget(const Throughput& current, const Throughput& wanted, WallTime now);

}  // namespace brume::dynamodb
