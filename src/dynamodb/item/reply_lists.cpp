#include "dynamodb/item/reply_lists.h"

#include <algorithm>

#include "base/json_text.h"
#include "dynamodb/item/collection_metrics.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace {

struct Collections {
  TablePtr table;
  std::vector<std::string> partitions;  ///< stored values of the partition key that were seen
  std::string json;
};

Collections& collections_of(std::vector<Collections>& all, const TablePtr& table) {
  auto found = std::find_if(all.begin(), all.end(), [&](const Collections& c) { return c.table->id == table->id; });
  return found != all.end() ? *found : all.emplace_back(Collections{table, {}, {}});
}

bool add_partition(Collections& collections, wire::ItemView item) {
  auto value = item.find(collections.table->partition_key.name);
  if (!value) return false;
  std::string stored(value->stored());
  if (std::find(collections.partitions.begin(), collections.partitions.end(), stored) != collections.partitions.end())
    return false;
  collections.partitions.push_back(std::move(stored));
  return true;
}

}  // namespace

void add_usage(service::UsageList& usage, Units units, std::span<const TableConsumption> tables) {
  for (const TableConsumption& entry : tables) add_usage(usage, units, *entry.table, entry.consumption);
}

void append_consumed_capacities(std::string& json, ReturnCapacity wanted, std::span<const TableConsumption> tables,
                                std::string_view detail) {
  if (wanted == ReturnCapacity::none) return;
  json += "\"ConsumedCapacity\":[";
  for (const TableConsumption& entry : tables) {
    if (json.back() != '[') json += ',';
    append_capacity_object(json, wanted, *entry.table, entry.consumption, detail);
  }
  json += "],";
}

Task<std::string> collection_metrics_member(State& state, std::vector<WrittenItem> items) {
  std::vector<Collections> tables;
  for (const WrittenItem& written : items) {
    if (!has_item_collections(*written.table)) continue;
    Collections& collections = collections_of(tables, written.table);
    if (!add_partition(collections, wire::ItemView(written.item))) continue;
    std::string item(written.item);
    std::string metrics = co_await collection_metrics(state, written.table, std::move(item));
    if (!collections.json.empty()) collections.json += ',';
    collections.json += metrics;
  }
  std::string json;
  for (const Collections& collections : tables) {
    json += json.empty() ? "\"ItemCollectionMetrics\":{" : ",";
    append_json_string(json, collections.table->name);
    json += ":[" + collections.json + ']';
  }
  if (!json.empty()) json += "},";
  co_return json;
}

}  // namespace brume::dynamodb
