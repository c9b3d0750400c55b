#include <algorithm>

#include "dynamodb/request/errors.h"
#include "dynamodb/state/table_change.h"
#include "dynamodb/control/table_definition.h"
#include "dynamodb/control/table_operations.h"
#include "service/operation.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

/// The table that ResourceArn names. Errors: ValidationException, AccessDeniedException, ResourceNotFoundException.
TablePtr table_of_arn(State& state, const service::Call& call) {
  const json::value* given = call.input.if_contains("ResourceArn");
  if (!given || !given->is_string()) throw_validation("Invalid TableArn");
  std::string arn(given->as_string());
  if (!arn.starts_with("arn:")) throw_validation("Invalid TableArn: Invalid ResourceArn provided as input " + arn);
  const std::string_view name = table_name_of(arn, call.account(), call.region);
  check_own_account(call, arn);
  TablePtr table = state.tables.find(call.account(), call.region, name);
  // The spelling is AWS's.
  if (!table || table->status(state.clock.now()) == TableStatus::gone)
    throw AwsError(kResourceNotFound, "Requested resource not found: ResourcArn: " + arn + " not found");
  return table;
}

}  // namespace

Task<service::Reply> tag_resource(State& state, service::Call& call) {
  TablePtr table = table_of_arn(state, call);
  const json::value* tags = call.input.if_contains("Tags");
  if (!tags || tags->as_array().empty()) throw_validation("Atleast one Tag needs to be provided as Input.");
  auto change = [&](Table& changed) { merge_tags(tags->as_array(), changed.tags); };
  co_await change_table(state, table, change);
  co_return service::Reply{};
}

Task<service::Reply> untag_resource(State& state, service::Call& call) {
  TablePtr table = table_of_arn(state, call);
  const json::value* keys = call.input.if_contains("TagKeys");
  if (!keys || keys->as_array().empty()) throw_validation("Atleast one Tag Key needs to be provided as Input.");
  auto change = [&](Table& changed) {
    std::erase_if(changed.tags, [&](const Tag& tag) {
      return std::any_of(keys->as_array().begin(), keys->as_array().end(),
                         [&](const json::value& key) { return key.as_string() == tag.key; });
    });
  };
  co_await change_table(state, table, change);
  co_return service::Reply{};
}

Task<service::Reply> list_tags_of_resource(State& state, service::Call& call) {
  TablePtr table = table_of_arn(state, call);
  json::array tags;
  for (const Tag& tag : table->tags) tags.push_back(json::object{{"Key", tag.key}, {"Value", tag.value}});
  service::Reply reply;
  reply.output["Tags"] = std::move(tags);
  co_return reply;
}

}  // namespace brume::dynamodb
