#include "dynamodb/item/requested_projection.h"

#include "dynamodb/item/write_request.h"
#include "wire/item_json.h"

namespace brume::dynamodb {

void check_projection_parameters(const Request& json) {
  static constexpr std::array kExpressions{Field::projection_expression};
  static constexpr std::array kLegacy{Field::attributes_to_get};
  json.check_expression_parameters(kExpressions, kLegacy);
}

void read_projection(const Request& json, RequestedProjection& projection) {
  if (json.has(Field::attributes_to_get))
    projection.expression = read_attributes_to_get(json.element(Field::attributes_to_get), projection.legacy);
  if (json.has(Field::expression_attribute_names))
    projection.context.set_names(json.element(Field::expression_attribute_names));
  if (json.has(Field::projection_expression)) {
    projection.text = json.text(Field::projection_expression);
    projection.expression = ProjectionExpression::parse(projection.text, projection.context);
  }
  projection.context.check_all_used();
}

void check_projection(const Table& table, const RequestedProjection& projection) {
  if (projection.expression) projection.expression->for_each_path([&](PathView path) { check_key_path(table, path); });
}

void append_projected_json(const RequestedProjection& projection, wire::ItemView item, std::string& json) {
  if (!projection.expression) return wire::append_item_json(item, json);
  const std::string part = projection.expression->project(item);
  wire::append_item_json(wire::ItemView(part), json);
}

}  // namespace brume::dynamodb
