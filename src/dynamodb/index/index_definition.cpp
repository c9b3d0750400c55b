#include "dynamodb/index/index_definition.h"

#include "dynamodb/errors.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

void refuse(const json::object& input, std::string_view member, std::string_view feature) {
  const json::value* value = input.if_contains(member);
  if (value && value->is_array() && !value->as_array().empty()) throw_unsupported(feature);
}

}  // namespace

void define_indexes(const json::object& input, WallTime, Table&) {
  refuse(input, "LocalSecondaryIndexes", "local secondary indexes");
  refuse(input, "GlobalSecondaryIndexes", "global secondary indexes");
}

bool update_indexes(const json::object& input, WallTime, Table&) {
  refuse(input, "GlobalSecondaryIndexUpdates", "global secondary indexes");
  return false;
}

void describe_indexes(const Table&, WallTime, json::object&) {}

}  // namespace brume::dynamodb
