#include <algorithm>
#include <deque>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_keys.h"
#include "dynamodb/item/batch_operations.h"
#include "dynamodb/item/batch_write_request.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/item/item_writer.h"
#include "dynamodb/item/reply_lists.h"
#include "dynamodb/state/write_pass.h"

namespace brume::dynamodb {
namespace {

/// Makes the store keys. A put whose key attributes don't fit is worded like a bad Key here.
std::vector<std::string> make_keys(const std::deque<WritePass>& passes, const std::vector<BatchedWrite>& writes) {
  std::vector<std::string> keys;
  keys.reserve(writes.size());
  for (const BatchedWrite& write : writes) {
    const Table& table = passes[write.table].table();
    wire::ItemView item(write.item);
    if (write.is_put) {
      std::string key_item;
      append_key_attributes(table, item, key_item);
      keys.push_back(key_of_key(table, wire::ItemView(key_item)));
      check_index_keys(table, item);
    } else {
      keys.push_back(key_of_key(table, item));
    }
  }
  std::vector<std::string_view> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    throw_validation("Provided list of item keys contains duplicates");
  return keys;
}

std::vector<ChangeEffect> apply(store::Transaction& transaction, WallTime now, const std::deque<WritePass>& passes,
                                const std::vector<BatchedWrite>& writes, const std::vector<std::string>& keys) {
  ItemWriter writer(transaction, now);
  std::vector<ChangeEffect> effects;
  effects.reserve(writes.size());
  std::string before;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!transaction.get(keys[i], before)) before.clear();
    const ItemChange change{.key = keys[i],
                            .before = wire::ItemView(before),
                            .after = writes[i].is_put ? wire::ItemView(writes[i].item) : wire::ItemView()};
    effects.push_back(writer.write(passes[writes[i].table].table(), change));
  }
  return effects;
}

/// Which writes meet a transaction under way. They come back as unprocessed instead of waiting for it.
std::vector<bool> take_out_conflicts(const State& state, BatchWriteRequest& batch, std::vector<std::string>& keys) {
  std::vector<bool> left(keys.size());
  std::vector<BatchedWrite> writes;
  std::vector<std::string> free_keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    left[i] = state.in_flight.contains(keys[i]);
    if (left[i]) continue;
    writes.push_back(std::move(batch.writes[i]));
    free_keys.push_back(std::move(keys[i]));
  }
  batch.writes = std::move(writes);
  keys = std::move(free_keys);
  return left;
}

}  // namespace

Task<service::Reply> batch_write_item(State& state, service::Call& call) {
  BatchWriteRequest batch;
  read_batch_write(call.body, batch);
  std::deque<WritePass> passes;
  for (const std::string& name : batch.tables) passes.emplace_back(state, table_for_items(state, call, name));
  std::vector<std::string> keys = make_keys(passes, batch.writes);
  const std::vector<bool> left = take_out_conflicts(state, batch, keys);
  const bool all_free = std::find(left.begin(), left.end(), true) == left.end();
  store::LockKeys locks = keys;
  const WallTime now = state.clock.now();
  auto body = [&](store::Transaction& transaction) { return apply(transaction, now, passes, batch.writes, keys); };
  std::vector<ChangeEffect> effects;
  if (!keys.empty()) effects = co_await state.store.run(std::move(locks), body);

  std::vector<TableConsumption> consumed;
  for (const WritePass& pass : passes) consumed.push_back({pass.table_ptr(), {}});
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const BatchedWrite& write = batch.writes[i];
    count_change(passes[write.table].table(), keys[i], effects[i]);
    consumed[write.table].consumption.add(consumed_by(effects[i]));
  }
  add_usage(call.usage, Units::write, consumed);
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacities(json, batch.return_capacity, consumed);
  if (batch.collection_metrics) {
    std::vector<WrittenItem> items;
    for (const BatchedWrite& write : batch.writes) items.push_back({consumed[write.table].table, write.item});
    const std::string metrics = co_await collection_metrics_member(state, std::move(items));
    json += metrics;
  }
  json += "\"UnprocessedItems\":{" + (all_free ? std::string() : unprocessed_writes(call.body, left)) + "}}";
  co_return reply;
}

}  // namespace brume::dynamodb
