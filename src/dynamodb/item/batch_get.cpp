#include <algorithm>

#include "dynamodb/item/batch_get_request.h"
#include "dynamodb/item/batch_operations.h"
#include "dynamodb/item/item_key.h"
#include "dynamodb/item/reply_lists.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

/// The request with what its tables make of it.
struct BatchGet {
  BatchGetRequest request;
  std::vector<TablePtr> tables;
  std::vector<std::vector<std::string>> keys;  ///< in the store, by table
};

void find_tables(State& state, const service::Call& call, BatchGet& batch) {
  for (const TableReads& reads : batch.request.tables) {
    const Table& table = *batch.tables.emplace_back(table_for_items(state, call, reads.name));
    check_projection(table, reads.projection);
    std::vector<std::string>& keys = batch.keys.emplace_back();
    keys.reserve(reads.key_items.size());
    for (const std::string& item : reads.key_items) keys.push_back(key_of_key(table, wire::ItemView(item)));
  }
}

/// What the reads came to.
struct Found {
  std::string responses;                       ///< members of Responses
  std::vector<TableConsumption> tables;
  std::vector<std::vector<std::size_t>> left;  ///< numbers of the keys that were not read, by table
};

Found read_all(store::Reader& reader, const BatchGet& batch) {
  Found found;
  std::string item;
  std::size_t bytes = 0;
  bool full = false;
  for (std::size_t t = 0; t < batch.tables.size(); ++t) {
    const TableReads& reads = batch.request.tables[t];
    const std::vector<std::string>& keys = batch.keys[t];
    Consumption consumption;
    std::vector<std::size_t>& left = found.left.emplace_back();
    if (!found.responses.empty()) found.responses += ',';
    wire::append_json_string(reads.name, found.responses);
    found.responses += ":[";
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::size_t size = 0;
      if (!full && reader.get(keys[i], item)) size = wire::item_size(wire::ItemView(item));
      full = full || bytes + size > kMaxBatchReplyBytes;
      if (full) {
        left.push_back(i);
        continue;
      }
      bytes += size;
      consumption.table += read_units(size, reads.consistent);
      if (size == 0) continue;
      if (found.responses.back() != '[') found.responses += ',';
      append_projected_json(reads.projection, wire::ItemView(item), found.responses);
    }
    found.responses += ']';
    found.tables.push_back({batch.tables[t], std::move(consumption)});
  }
  return found;
}

}  // namespace

Task<service::Reply> batch_get_item(State& state, service::Call& call) {
  BatchGet batch;
  read_batch_get(call.body, batch.request);
  find_tables(state, call, batch);
  auto body = [&](store::Reader& reader) { return read_all(reader, batch); };
  const Found found = co_await state.store.read(body);
  service::Reply reply;
  std::string& json = reply.raw.emplace();
  json.reserve(found.responses.size() + 256);
  json += '{';
  append_consumed_capacities(json, batch.request.return_capacity, found.tables);
  json += "\"Responses\":{" + found.responses + "},\"UnprocessedKeys\":{";
  if (std::any_of(found.left.begin(), found.left.end(), [](const auto& numbers) { return !numbers.empty(); }))
    json += unprocessed_keys(call.body, found.left);
  json += "}}";
  co_return reply;
}

}  // namespace brume::dynamodb
