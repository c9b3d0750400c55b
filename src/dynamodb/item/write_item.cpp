// PutItem, UpdateItem and DeleteItem: one transaction each, which differ in what comes after the old item.
#include "dynamodb/item/collection_metrics.h"
#include "dynamodb/item/item_operations.h"
#include "dynamodb/item/write.h"
#include "dynamodb/item/capacity.h"
#include "dynamodb/state/write_pass.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

/// `collection` is the ItemCollectionMetrics, "" for none.
service::Reply write_reply(const WriteRequest& request, const Table& table, const Written& result,
                           const Consumption& consumption, const std::string& collection) {
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacity(json, request.return_capacity, table, consumption);
  if (request.return_values != ReturnValues::none) {
    std::string attributes = returned_attributes(request, result);
    if (!attributes.empty()) {
      json += "\"Attributes\":";
      wire::append_item_json(wire::ItemView(attributes), json);
      json += ',';
    }
  }
  if (!collection.empty()) json += "\"ItemCollectionMetrics\":" + collection + ',';
  if (json.back() == ',') json.pop_back();
  json += '}';
  return reply;
}

Task<service::Reply> run_write(State& state, service::Call& call, WriteKind kind, WriteRequest& request) {
  WritePass pass(state, table_for_items(state, call, request.table_name));
  const Table& table = pass.table();
  const std::string key = check_write(table, kind, request);
  check_no_transaction(state, key);
  // Only a stream's record wants the time.
  const WallTime now = table.stream() ? state.clock.now() : WallTime();
  store::LockKeys locks{key};
  auto body = [&](store::Transaction& transaction) {
    ItemWriter writer(transaction, now);
    return apply_write(transaction, writer, table, kind, key, request);
  };
  Written result = co_await state.store.run(std::move(locks), body);
  if (!result.passed) {
    // It costs what the item that is there would have cost.
    const std::size_t size = result.before.empty() ? 0 : wire::item_size(wire::ItemView(result.before));
    add_usage(call.usage, Units::write, table, {write_units(size, 0), {}});
    throw_condition_failed(request, result);
  }
  const Consumption consumption = consumed_by(result.effect);
  add_usage(call.usage, Units::write, table, consumption);
  count_change(table, key, result.effect);
  std::string collection;
  if (request.collection_metrics && has_item_collections(table)) {
    std::string item = request.item;
    collection = co_await collection_metrics(state, pass.table_ptr(), std::move(item));
  }
  co_return write_reply(request, table, result, consumption, collection);
}

}  // namespace

Task<service::Reply> put_item(State& state, service::Call& call) {
  WriteRequest request;
  read_put_item(call.body, request);
  co_return co_await run_write(state, call, WriteKind::put, request);
}

Task<service::Reply> update_item(State& state, service::Call& call) {
  WriteRequest request;
  read_update_item(call.body, request);
  co_return co_await run_write(state, call, WriteKind::update, request);
}

Task<service::Reply> delete_item(State& state, service::Call& call) {
  WriteRequest request;
  read_delete_item(call.body, request);
  co_return co_await run_write(state, call, WriteKind::erase, request);
}

}  // namespace brume::dynamodb
