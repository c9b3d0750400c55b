#include "dynamodb/stream/stream_definition.h"

#include "dynamodb/errors.h"

namespace brume::dynamodb {
namespace json = boost::json;

bool apply_stream_specification(const json::object& input, WallTime, Table&) {
  const json::value* specification = input.if_contains("StreamSpecification");
  if (!specification || !specification->is_object()) return false;
  const json::value* enabled = specification->as_object().if_contains("StreamEnabled");
  if (enabled && enabled->is_bool() && enabled->as_bool()) throw_unsupported("DynamoDB Streams (StreamSpecification)");
  return false;
}

void describe_stream(const Table&, json::object&) {}

}  // namespace brume::dynamodb
