// PutItem, UpdateItem and DeleteItem: one transaction each, which differ in what comes after the old item.
#include <boost/json/parse.hpp>

#include "dynamodb/capacity.h"
#include "dynamodb/errors.h"
#include "dynamodb/item_key.h"
#include "dynamodb/item_operations.h"
#include "dynamodb/write_request.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

enum class WriteKind : std::uint8_t { put, update, erase };

/// What a write found and did.
struct Written {
  bool passed = true;      ///< the condition; nothing was written if not
  bool existed = false;
  std::string before;      ///< the old item, if it existed
  std::string after;       ///< the updated item; UpdateItem only
  std::size_t size_before = 0;
  std::size_t size_after = 0;
};

Written write(store::Transaction& transaction, WriteKind kind, const std::string& key, const WriteRequest& request) {
  Written result;
  result.existed = transaction.get(key, result.before);
  if (!result.existed) result.before.clear();
  wire::ItemView before(result.before);
  if (request.condition && !request.condition->matches(before)) {
    result.passed = false;
    return result;
  }
  if (result.existed) result.size_before = wire::item_size(before);
  switch (kind) {
    case WriteKind::put:
      result.size_after = wire::item_size(wire::ItemView(request.item));
      transaction.put(key, request.item);
      break;
    case WriteKind::update: {
      wire::ItemView base = result.existed ? before : wire::ItemView(request.item);
      result.after = request.update ? request.update->apply(base) : std::string(base.content());
      result.size_after = wire::item_size(wire::ItemView(result.after));
      if (result.size_after > wire::kMaxItemBytes)
        throw_validation("Item size to update has exceeded the maximum allowed size");
      transaction.put(key, result.after);
      break;
    }
    case WriteKind::erase:
      if (result.existed) transaction.erase(key);
      break;
  }
  return result;
}

[[noreturn]] void throw_condition_failed(const WriteRequest& request, const Written& result) {
  boost::json::object members;
  if (request.item_on_failure && result.existed) {
    std::string item;
    wire::append_item_json(wire::ItemView(result.before), item);
    members["Item"] = boost::json::parse(item);
  }
  throw AwsError(kConditionalCheckFailed, "The conditional request failed", std::move(members));
}

/// The item that ReturnValues asks for; empty if there is none.
std::string returned_attributes(const WriteRequest& request, const Written& result) {
  switch (request.return_values) {
    case ReturnValues::all_old: return result.before;
    case ReturnValues::all_new: return result.after;
    case ReturnValues::updated_old:
      return result.existed && request.update ? request.update->updated_part(wire::ItemView(result.before))
                                              : std::string();
    case ReturnValues::updated_new:
      return request.update ? request.update->updated_part(wire::ItemView(result.after)) : std::string();
    default: return {};
  }
}

service::Reply write_reply(const WriteRequest& request, const Table& table, const Written& result) {
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacity(json, request.return_capacity, table, write_units(result.size_before, result.size_after));
  if (request.return_values != ReturnValues::none) {
    std::string attributes = returned_attributes(request, result);
    if (!attributes.empty()) {
      json += "\"Attributes\":";
      wire::append_item_json(wire::ItemView(attributes), json);
      json += ',';
    }
  }
  if (json.back() == ',') json.pop_back();
  json += '}';
  return reply;
}

void check_against_table(const WriteRequest& request, const Table& table) {
  auto check_path = [&](PathView path) { check_key_path(table, path); };
  if (request.update) {
    auto check_key = [&](const std::string& name) {
      if (request.update->modifies(name))
        throw_invalid_parameter("Cannot update attribute " + name + ". This attribute is part of the key");
    };
    check_key(table.partition_key.name);
    if (table.sort_key) check_key(table.sort_key->name);
    request.update->for_each_path(check_path);
  }
  if (request.condition) request.condition->for_each_path(check_path);
}

Task<service::Reply> run_write(State& state, service::Call& call, WriteKind kind, WriteRequest& request) {
  TablePtr table = table_for_items(state, call, request.table_name);
  wire::ItemView given(request.item);
  const std::string key = kind == WriteKind::put ? key_of_item(*table, given) : key_of_key(*table, given);
  check_against_table(request, *table);

  WriteGate::Pass pass(table->live->gate);
  if (!pass) throw_resource_not_found();
  store::LockKeys locks{key};
  auto body = [&](store::Transaction& transaction) { return write(transaction, kind, key, request); };
  Written result = co_await state.store.run(std::move(locks), body);
  if (!result.passed) throw_condition_failed(request, result);

  std::int64_t exists = kind == WriteKind::erase ? 0 : 1;
  table->live->counters.add(key, exists - (result.existed ? 1 : 0),
                       static_cast<std::int64_t>(result.size_after) - static_cast<std::int64_t>(result.size_before));
  co_return write_reply(request, *table, result);
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
