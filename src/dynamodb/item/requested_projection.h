// What a read returns of an item: ProjectionExpression with its names, or the older AttributesToGet. Private to
// dynamodb/.
#pragma once

#include <optional>
#include <string>

#include "dynamodb/expression/context.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/legacy/legacy.h"
#include "dynamodb/request/request.h"
#include "dynamodb/table/table.h"
#include "wire/item.h"

namespace brume::dynamodb {

/// Owns everything it refers to; stays where it is, because the expression refers to it.
struct RequestedProjection {
  RequestedProjection() = default;
  RequestedProjection(const RequestedProjection&) = delete;
  RequestedProjection& operator=(const RequestedProjection&) = delete;

  std::optional<ProjectionExpression> expression;  ///< nullopt: the whole item

  ExpressionContext context;
  std::string text;
  LegacyValues legacy;
};

/// ProjectionExpression together with AttributesToGet, names without an expression. Errors: ValidationException.
void check_projection_parameters(const Request& json);
/// Errors: ValidationException.
void read_projection(const Request& json, RequestedProjection& projection);
/// Errors: as check_key_path().
void check_projection(const Table& table, const RequestedProjection& projection);

/// Appends what is asked for of `item` as JSON.
void append_projected_json(const RequestedProjection& projection, wire::ItemView item, std::string& json);

}  // namespace brume::dynamodb
