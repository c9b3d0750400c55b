#include "dynamodb/request/capacity.h"
#include "dynamodb/errors.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/item/item_key.h"
#include "dynamodb/item/item_operations.h"
#include "dynamodb/item/write_request.h"
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
  std::optional<ProjectionExpression> projection;

  ExpressionContext context;
  std::string projection_text;
  LegacyValues legacy;
};

void read_projection(const Request& json, GetRequest& request) {
  if (json.has(Field::expression_attribute_names))
    request.context.set_names(json.element(Field::expression_attribute_names));
  if (json.has(Field::projection_expression)) {
    request.projection_text = json.text(Field::projection_expression);
    request.projection = ProjectionExpression::parse(request.projection_text, request.context);
  }
  request.context.check_all_used();
}

/// Everything that happens before the store is asked; the parser's views end here.
void read_get_item(State& state, const service::Call& call, GetRequest& request) {
  static constexpr FieldSet kFields = field_set(
      {Field::table_name, Field::key, Field::attributes_to_get, Field::consistent_read,
       Field::return_consumed_capacity, Field::projection_expression, Field::expression_attribute_names});
  Request json(call.body, kFields);
  std::string_view table_name = json.table_name();
  Constraints constraints;
  request.return_capacity = json.return_capacity(constraints);
  json.check_attributes_to_get(constraints);
  if (!json.has(Field::key)) constraints.fail_null("key");
  json.throw_failures(constraints);

  static constexpr std::array kExpressions{Field::projection_expression};
  static constexpr std::array kLegacy{Field::attributes_to_get};
  json.check_expression_parameters(kExpressions, kLegacy);
  std::string key;
  wire::append_item_from_json(json.element(Field::key), key);
  if (json.has(Field::attributes_to_get))
    request.projection = read_attributes_to_get(json.element(Field::attributes_to_get), request.legacy);
  read_projection(json, request);
  request.consistent = json.boolean(Field::consistent_read, false);

  request.table = table_for_items(state, call, table_name);
  request.key = key_of_key(*request.table, wire::ItemView(key));
  if (request.projection)
    request.projection->for_each_path([&](PathView path) { check_key_path(*request.table, path); });
}

}  // namespace

Task<service::Reply> get_item(State& state, service::Call& call) {
  GetRequest request;
  read_get_item(state, call, request);
  std::string item;
  bool found = co_await state.store.get(request.key, item);

  service::Reply reply;
  std::string& json = reply.raw.emplace();
  json.reserve(item.size() * 2 + 128);
  json += '{';
  if (request.return_capacity != ReturnCapacity::none) {
    std::size_t size = found ? wire::item_size(wire::ItemView(item)) : 0;
    append_consumed_capacity(json, request.return_capacity, *request.table, {read_units(size, request.consistent), {}});
  }
  if (found) {
    json += "\"Item\":";
    if (request.projection) {
      std::string part = request.projection->project(wire::ItemView(item));
      wire::append_item_json(wire::ItemView(part), json);
    } else {
      wire::append_item_json(wire::ItemView(item), json);
    }
  } else if (json.back() == ',') {
    json.pop_back();
  }
  json += '}';
  co_return reply;
}

}  // namespace brume::dynamodb
