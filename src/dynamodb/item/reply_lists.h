// Parts of the answers of operations that touch several items of several tables. Private to dynamodb/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "dynamodb/item/capacity.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb {

struct TableConsumption {
  TablePtr table;
  Consumption consumption;
};

void add_usage(service::UsageList& usage, Units units, std::span<const TableConsumption> tables);

/// Appends `"ConsumedCapacity":[…],` to an answer's open object unless `wanted` is none. `detail` as in
/// append_capacity_object().
void append_consumed_capacities(std::string& json, ReturnCapacity wanted, std::span<const TableConsumption> tables,
                                std::string_view detail = {});

/// An item that was written.
struct WrittenItem {
  TablePtr table;
  std::string_view item;  ///< the item or its key, stored form; outlives the call
};

/// `"ItemCollectionMetrics":{"table":[…]},`: once for each collection, in the order of the items; "" if no table has
/// any. Reads the tables: call it after the commit.
Task<std::string> collection_metrics_member(State& state, std::vector<WrittenItem> items);

}  // namespace brume::dynamodb
