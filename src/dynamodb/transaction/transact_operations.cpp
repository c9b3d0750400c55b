#include "dynamodb/transaction/transact_operations.h"

#include "dynamodb/item/reply_lists.h"
#include "dynamodb/transaction/transact_request.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

/// Ends an answer's object, which may have a comma after its last member.
void close(std::string& json) {
  if (json.back() == ',') json.pop_back();
  json += '}';
}

std::vector<TransactWrite> writes_of(State& state, const service::Call& call, const TransactWriteRequest& request) {
  std::vector<TransactWrite> writes;
  writes.reserve(request.actions.size());
  for (const TransactWriteRequest::Action& action : request.actions)
    writes.push_back(
        {table_for_items(state, call, action.write.table_name), action.kind, action.check_only, &action.write});
  return writes;
}

/// What was written, for the metrics; a check changes no collection.
std::vector<WrittenItem> items_of(const std::vector<TransactWrite>& writes) {
  std::vector<WrittenItem> items;
  for (const TransactWrite& write : writes)
    if (!write.check_only) items.push_back({write.table, write.request->item});
  return items;
}

struct Reads {
  std::vector<TransactRead> reads;
  std::vector<TableConsumption> tables;
  std::vector<std::size_t> table_of;  ///< index in `tables`, by read
};

Reads reads_of(State& state, const service::Call& call, const TransactGetRequest& request) {
  Reads reads;
  for (const TransactGetRequest::Get& get : request.gets) {
    TablePtr table = table_for_items(state, call, get.table_name);
    check_projection(*table, get.projection);
    std::size_t i = 0;
    while (i < reads.tables.size() && reads.tables[i].table->id != table->id) ++i;
    if (i == reads.tables.size()) reads.tables.push_back({table, {}});
    reads.table_of.push_back(i);
    reads.reads.push_back({std::move(table), get.key});
  }
  return reads;
}

}  // namespace

Task<service::Reply> transact_write_items(State& state, service::Call& call) {
  TransactWriteRequest request;
  read_transact_write_items(call.body, request);
  const std::vector<TransactWrite> writes = writes_of(state, call, request);
  const TransactOutcome outcome = co_await run_transact_writes(state, call, writes, request.token);
  add_usage(call.usage, outcome.replayed ? Units::read : Units::write, outcome.tables);
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacities(json, request.return_capacity, outcome.tables,
                             outcome.replayed ? "ReadCapacityUnits" : "WriteCapacityUnits");
  if (request.collection_metrics) {
    std::vector<WrittenItem> items = items_of(writes);
    const std::string metrics = co_await collection_metrics_member(state, std::move(items));
    json += metrics;
  }
  close(json);
  co_return reply;
}

Task<service::Reply> transact_get_items(State& state, service::Call& call) {
  TransactGetRequest request;
  read_transact_get_items(call.body, request);
  Reads reads = reads_of(state, call, request);
  const std::vector<std::string> items = co_await run_transact_reads(state, std::move(reads.reads));
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  for (std::size_t i = 0; i < items.size(); ++i)
    reads.tables[reads.table_of[i]].consumption.table +=
        2 * read_units(items[i].empty() ? 0 : wire::item_size(wire::ItemView(items[i])), true);
  add_usage(call.usage, Units::read, reads.tables);
  append_consumed_capacities(json, request.return_capacity, reads.tables, "ReadCapacityUnits");
  json += "\"Responses\":[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    json += i ? ",{" : "{";
    if (!items[i].empty()) {
      json += "\"Item\":";
      append_projected_json(request.gets[i].projection, wire::ItemView(items[i]), json);
    }
    json += '}';
  }
  json += "]}";
  co_return reply;
}

}  // namespace brume::dynamodb
