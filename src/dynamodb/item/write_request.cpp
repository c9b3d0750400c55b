#include "dynamodb/item/write_request.h"

#include "dynamodb/request/envelope.h"
#include "dynamodb/request/errors.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

constexpr FieldSet kCommon =
    field_set({Field::table_name, Field::condition_expression, Field::expression_attribute_names,
               Field::expression_attribute_values, Field::return_values, Field::return_consumed_capacity,
               Field::return_item_collection_metrics, Field::return_values_on_condition_check_failure, Field::expected,
               Field::conditional_operator});

/// The parameters of expressions, in AWS's order: names, values, update, condition, unused ones.
void read_expressions(const Request& json, WriteRequest& request) {
  if (json.has(Field::expression_attribute_names))
    request.context.set_names(json.element(Field::expression_attribute_names));
  if (json.has(Field::expression_attribute_values))
    request.context.set_values(json.element(Field::expression_attribute_values), request.enveloped);
  if (json.has(Field::update_expression)) {
    request.update_text = json.text(Field::update_expression);
    request.update = UpdateExpression::parse(request.update_text, request.context);
  }
  if (json.has(Field::condition_expression)) {
    request.condition_text = json.text(Field::condition_expression);
    request.condition = ConditionExpression::parse(request.condition_text, request.context);
  }
  request.context.check_all_used();
}

void check_only_old_values(const WriteRequest& request) {
  if (request.return_values != ReturnValues::none && request.return_values != ReturnValues::all_old)
    throw_validation("ReturnValues can only be ALL_OLD or NONE");
}

void read_expected(const Request& json, WriteRequest& request) {
  json.check_operator_has_conditions(Field::expected);
  if (json.has(Field::expected))
    request.condition =
        read_expected(json.element(Field::expected), json.text(Field::conditional_operator), request.legacy);
}

}  // namespace

void check_key_path(const Table& table, PathView path) {
  if (path.size() < 2) return;
  const std::string_view head = path.front().name;
  auto fail = [&](std::string_view kind) {
    throw_validation("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: " +
                     std::string(kind) + ": " + std::string(head));
  };
  if (table.is_key(head)) fail("Key");
  for (const Index& index : table.indexes)
    if (index.has_key(head)) fail("IndexKey");
}

void read_put(const Request& json, WriteRequest& request) {
  static constexpr std::array kExpressions{Field::condition_expression};
  static constexpr std::array kLegacy{Field::expected, Field::conditional_operator};
  in_envelope(request.enveloped, [&] {
    json.check_expression_parameters(kExpressions, kLegacy);
    wire::append_item_from_json(json.element(Field::item), request.item);
    check_only_old_values(request);
  });
  if (wire::item_size(wire::ItemView(request.item)) > wire::kMaxItemBytes)
    throw_validation("Item size has exceeded the maximum allowed size");
  in_envelope(request.enveloped, [&] {
    read_expected(json, request);
    read_expressions(json, request);
  });
}

void read_put_item(std::string_view body, WriteRequest& request) {
  Request json(body, kCommon | field_set({Field::item}));
  request.table_name = json.table_name();
  request.enveloped = true;
  Constraints constraints;
  request.return_capacity = json.return_capacity(constraints);
  if (!json.has(Field::item)) constraints.fail_null("item");
  json.check_conditional_operator(constraints);
  request.return_values = json.return_values(constraints);
  request.collection_metrics = json.collection_metrics(constraints);
  request.item_on_failure = json.item_on_failure(constraints);
  json.throw_failures(constraints);
  read_put(json, request);
}

void read_update(const Request& json, WriteRequest& request) {
  static constexpr std::array kExpressions{Field::update_expression, Field::condition_expression};
  static constexpr std::array kLegacy{Field::attribute_updates, Field::expected, Field::conditional_operator};
  in_envelope(request.enveloped, [&] {
    json.check_expression_parameters(kExpressions, kLegacy);
    wire::append_item_from_json(json.element(Field::key), request.item);
    if (json.has(Field::attribute_updates))
      request.update = read_attribute_updates(json.element(Field::attribute_updates), request.legacy);
    read_expected(json, request);
    read_expressions(json, request);
  });
}

void read_update_item(std::string_view body, WriteRequest& request) {
  Request json(body, kCommon | field_set({Field::key, Field::update_expression, Field::attribute_updates}));
  request.enveloped = true;
  Constraints constraints;
  // Measured on AWS: what is wrong with the table's name is told alone, but joined to a missing key.
  if (json.has(Field::key)) request.table_name = json.table_name();
  request.return_capacity = json.return_capacity(constraints);
  if (!json.has(Field::key)) json.table_name(constraints);
  request.collection_metrics = json.collection_metrics(constraints);
  request.return_values = json.return_values(constraints);
  json.check_conditional_operator(constraints);
  if (!json.has(Field::key)) constraints.fail_null("key");
  request.item_on_failure = json.item_on_failure(constraints);
  json.throw_failures(constraints);
  read_update(json, request);
  request.charges_statement = json.has(Field::update_expression);
}

void read_delete(const Request& json, WriteRequest& request) {
  static constexpr std::array kExpressions{Field::condition_expression};
  static constexpr std::array kLegacy{Field::expected, Field::conditional_operator};
  in_envelope(request.enveloped, [&] {
    json.check_expression_parameters(kExpressions, kLegacy);
    wire::append_item_from_json(json.element(Field::key), request.item);
    check_only_old_values(request);
    read_expected(json, request);
    read_expressions(json, request);
  });
}

void read_delete_item(std::string_view body, WriteRequest& request) {
  Request json(body, kCommon | field_set({Field::key}));
  request.table_name = json.table_name();
  request.enveloped = true;
  Constraints constraints;
  request.return_capacity = json.return_capacity(constraints);
  request.return_values = json.return_values(constraints);
  request.collection_metrics = json.collection_metrics(constraints);
  if (!json.has(Field::key)) constraints.fail_null("key");
  json.check_conditional_operator(constraints);
  request.item_on_failure = json.item_on_failure(constraints);
  json.throw_failures(constraints);
  read_delete(json, request);
}

}  // namespace brume::dynamodb
