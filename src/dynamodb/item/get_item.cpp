#include "dynamodb/item/capacity.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/item/item_operations.h"
#include "dynamodb/item/requested_projection.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

struct GetRequest {
  GetRequest() = default;
  GetRequest(const GetRequest&) = delete;
  GetRequest& operator=(const GetRequest&) = delete;

  TablePtr table;
  std::string key;  ///< in the store
  bool consistent = false;
  ReturnCapacity return_capacity = ReturnCapacity::none;
  RequestedProjection projection;
};

/// Everything that happens before the store is asked; the parser's views end here.
void read_get_item(State& state, const service::Call& call, GetRequest& request) {
  static constexpr FieldSet kFields =
      field_set({Field::table_name, Field::key, Field::attributes_to_get, Field::consistent_read,
                 Field::return_consumed_capacity, Field::projection_expression, Field::expression_attribute_names});
  Request json(call.body, kFields);
  std::string_view table_name = json.table_name();
  Constraints constraints;
  request.return_capacity = json.return_capacity(constraints);
  json.check_attributes_to_get(constraints);
  if (!json.has(Field::key)) constraints.fail_null("key");
  json.throw_failures(constraints);

  check_projection_parameters(json);
  std::string key;
  wire::append_item_from_json(json.element(Field::key), key);
  read_projection(json, request.projection);
  request.consistent = json.boolean(Field::consistent_read, false);

  request.table = table_for_items(state, call, table_name);
  request.key = key_of_key(*request.table, wire::ItemView(key));
  check_projection(*request.table, request.projection);
}

}  // namespace

Task<service::Reply> get_item(State& state, service::Call& call) {
  GetRequest request;
  read_get_item(state, call, request);
  std::string item;
  bool found = co_await state.store.get(request.key, item);

  const Consumption consumption{read_units_of(found ? item : std::string_view(), request.consistent), {}};
  add_usage(call.usage, Units::read, *request.table, consumption);

  service::Reply reply;
  std::string& json = reply.raw.emplace();
  json.reserve(item.size() * 2 + 128);
  json += '{';
  append_consumed_capacity(json, request.return_capacity, *request.table, consumption);
  if (found) {
    json += "\"Item\":";
    append_projected_json(request.projection, wire::ItemView(item), json);
  } else if (json.back() == ',') {
    json.pop_back();
  }
  json += '}';
  co_return reply;
}

}  // namespace brume::dynamodb
