#include "dynamodb/item/write.h"

#include <boost/json/parse.hpp>

#include "dynamodb/index/index_keys.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/table/item_key.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

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
    for (const Index& index : table.indexes)
      for (const auto* keys : {&index.partition_keys, &index.sort_keys})
        for (const AttributeDefinition& key : *keys)
          if (const auto known = request.update->known_result(key.name))
            check_known_index_key(table, key.name, known->type, known->value);
  }
  if (request.condition) request.condition->for_each_path(check_path);
}

constexpr std::string_view kUpdateTooLarge = "Item size to update has exceeded the maximum allowed size";

/// The item after an update, "" if there is none then. Errors: as apply_write().
std::string updated_item(const Table& table, wire::ItemView before, const WriteRequest& request) {
  wire::ItemView base = before.empty() ? wire::ItemView(request.item) : before;
  std::string after = request.update ? request.update->apply(base, !before.empty()) : std::string(base.content());
  if (before.empty() && request.update && request.update->only_removes()) return {};
  if (wire::item_size(wire::ItemView(after)) > wire::kMaxItemBytes) throw_validation(std::string(kUpdateTooLarge));
  check_updated_index_keys(table, wire::ItemView(after));
  return after;
}

}  // namespace

std::string check_write(const Table& table, WriteKind kind, const WriteRequest& request) {
  wire::ItemView given(request.item);
  std::string key = kind == WriteKind::put ? key_of_item(table, given) : key_of_key(table, given);
  if (kind == WriteKind::put) check_index_keys(table, given);
  check_against_table(request, table);
  return key;
}

Written apply_write(store::Transaction& transaction, ItemWriter& writer, const Table& table, WriteKind kind,
                    const std::string& key, const WriteRequest& request) {
  Written result;
  if (!transaction.get(key, result.before)) result.before.clear();
  wire::ItemView before(result.before);
  if (request.charges_statement && request.update->charge(before) > wire::kMaxItemBytes)
    throw_validation(std::string(kUpdateTooLarge));
  if (request.condition && !request.condition->matches(before)) {
    result.passed = false;
    return result;
  }
  wire::ItemView after;
  if (kind == WriteKind::put) {
    after = wire::ItemView(request.item);
  } else if (kind == WriteKind::update) {
    result.after = updated_item(table, before, request);
    after = wire::ItemView(result.after);
  }
  result.effect = writer.write(table, {.key = key, .before = before, .after = after});
  return result;
}

[[noreturn]] void throw_condition_failed(const WriteRequest& request, const Written& result) {
  boost::json::object members;
  if (request.item_on_failure && !result.before.empty()) {
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
      return !result.before.empty() && request.update ? request.update->updated_part(wire::ItemView(result.before))
                                                      : std::string();
    case ReturnValues::updated_new:
      return request.update ? request.update->updated_part(wire::ItemView(result.after)) : std::string();
    default: return {};
  }
}

}  // namespace brume::dynamodb
