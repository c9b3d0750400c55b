#include <algorithm>

#include "base/json_text.h"
#include "dynamodb/item/batch_get_request.h"
#include "dynamodb/item/batch_operations.h"
#include "dynamodb/table/item_key.h"
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
  std::size_t bytes = 0;
  bool full = false;
};

/// Half a millisecond of reading and writing JSON: the loop takes a turn after so many bytes of items.
constexpr std::size_t kSliceBytes = 256 * 1024;

/// Some items of one table, the first being that of key number `from`.
struct Slice {
  std::string items;                ///< JSON, with commas between them
  Consumption consumption;
  std::vector<std::size_t> left;
  std::size_t next = 0;             ///< number of the key that comes next
  std::size_t bytes = 0;
  bool full = false;
};

/// `before` is how many bytes the reply has already. May run more than once, so it touches nothing but its result.
Slice read_slice(store::Reader& reader, const TableReads& reads, const std::vector<std::string>& keys, std::size_t from,
                 std::size_t before, bool full) {
  Slice slice;
  slice.full = full;
  std::string item;
  for (slice.next = from; slice.next < keys.size() && slice.bytes < kSliceBytes; ++slice.next) {
    std::size_t size = 0;
    if (!slice.full && reader.get(keys[slice.next], item)) size = wire::item_size(wire::ItemView(item));
    slice.full = slice.full || before + slice.bytes + size > kMaxBatchReplyBytes;
    if (slice.full) {
      slice.left.push_back(slice.next);
      continue;
    }
    slice.bytes += size;
    slice.consumption.table += read_units(size, reads.consistent);
    if (size == 0) continue;
    if (!slice.items.empty()) slice.items += ',';
    append_projected_json(reads.projection, wire::ItemView(item), slice.items);
  }
  return slice;
}

/// BatchGetItem promises no common state of its items, so each slice reads its own.
Task<> read_table(State& state, const BatchGet& batch, std::size_t number, Found& found) {
  const TableReads& reads = batch.request.tables[number];
  const std::vector<std::string>& keys = batch.keys[number];
  Consumption consumption;
  std::vector<std::size_t>& left = found.left.emplace_back();
  if (!found.responses.empty()) found.responses += ',';
  append_json_string(found.responses, reads.name);
  found.responses += ":[";
  for (std::size_t from = 0; from < keys.size();) {
    auto body = [&](store::Reader& reader) { return read_slice(reader, reads, keys, from, found.bytes, found.full); };
    const Slice slice = co_await state.store.read(body);
    if (!slice.items.empty() && found.responses.back() != '[') found.responses += ',';
    found.responses += slice.items;
    consumption.table += slice.consumption.table;
    left.insert(left.end(), slice.left.begin(), slice.left.end());
    found.bytes += slice.bytes;
    found.full = slice.full;
    from = slice.next;
    if (from == keys.size()) break;
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
  found.responses += ']';
  found.tables.push_back({batch.tables[number], std::move(consumption)});
}

}  // namespace

Task<service::Reply> batch_get_item(State& state, service::Call& call) {
  BatchGet batch;
  read_batch_get(call.body, batch.request);
  find_tables(state, call, batch);
  Found found;
  for (std::size_t number = 0; number < batch.tables.size(); ++number) co_await read_table(state, batch, number, found);
  add_usage(call.usage, Units::read, found.tables);
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
