// ItemCollectionMetrics: how large the collections are that a write touched. An item collection is what shares a
// partition key in a table with local secondary indexes: the items, and their entries in these indexes. Private to
// dynamodb/. Source: "Item collections", Developer Guide.
#pragma once

#include <string>

#include "base/task.h"
#include "dynamodb/state/state.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// Without local indexes a table has no collections, and the metrics are left out of the reply.
bool has_item_collections(const Table& table);

/// Size in bytes of the collection with this partition key. Reads it, unless the whole table is below 1 GB: then an
/// upper bound is returned. Errors: store::StoreError.
Task<std::uint64_t> collection_size(State& state, TablePtr table, std::string partition_prefix);

/// {"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]} of the collection of `item`, an item or a key
/// of a table that has collections; stored form. The table is read after the write. For batches: once for each
/// partition key.
Task<std::string> collection_metrics(State& state, TablePtr table, std::string item);

}  // namespace brume::dynamodb
