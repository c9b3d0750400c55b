// Reserved concurrency, tags and the account's limits.
#include <boost/json.hpp>

#include "lambda/code_store.h"
#include "lambda/impl.h"
#include "base/json_members.h"
#include "lambda/settings.h"
#include "service/arn.h"

namespace brume::lambda {
namespace json = boost::json;
using service::Call;
using service::Reply;
namespace {

constexpr std::uint32_t kUnreservedMin = 100;  // AWS keeps so much for functions without a reservation

/// What the call's ARN names, if that can have tags. Errors: AwsError.
void require_taggable(const FunctionName& name, std::string_view arn) {
  const auto parsed = service::Arn::parse(arn);
  const std::string_view kind = parsed ? parsed->kind() : std::string_view();
  if (kind == "event-source-mapping")
    throw user_error(kResourceNotFound, "Event source mapping not found: " + std::string(arn));
  if (kind == "capacity-provider")
    throw user_error(kResourceNotFound, "Capacity provider not found: " + std::string(arn));
  if (kind != "function") throw not_supported("tags of anything but functions");
  if (!name.qualifier.empty())
    throw invalid_parameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
}

}  // namespace

Task<Reply> Lambda::Impl::put_concurrency(Call& call) {
  const FunctionName name = name_of(call);
  if (!name.qualifier.empty())
    throw invalid_parameter(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
        "Please specify either a function name or an unqualified function ARN.");
  require_latest(name);
  const FunctionId id = name.id;
  const auto wanted =
      static_cast<std::uint32_t>(call.input.at("ReservedConcurrentExecutions").to_number<std::int64_t>());
  std::uint64_t others = 0;
  const auto functions = registry.all();
  for (const FunctionPtr& function : functions)
    if (const FunctionId& other = function->record.id;
        other.account == id.account && other.region == id.region && other != id)
      others += function->record.reserved_concurrency.value_or(0);
  if (others + wanted + kUnreservedMin > options.concurrency_max)
    throw invalid_parameter(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [" +
        std::to_string(kUnreservedMin) + "].");
  co_await registry.change(id, [&](FunctionRecord& record) { record.reserved_concurrency = wanted; });
  Reply reply;
  reply.output["ReservedConcurrentExecutions"] = wanted;
  co_return reply;
}

Task<Reply> Lambda::Impl::get_concurrency(Call& call) {
  FunctionPtr function = require(name_of(call));
  Reply reply;
  if (function->record.reserved_concurrency)
    reply.output["ReservedConcurrentExecutions"] = *function->record.reserved_concurrency;
  co_return reply;
}

Task<Reply> Lambda::Impl::delete_concurrency(Call& call) {
  const FunctionId id = latest_of(call);
  co_await registry.change(id, [](FunctionRecord& record) { record.reserved_concurrency.reset(); });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::tag_resource(Call& call) {
  const FunctionName name = name_of(call, "Resource");
  require_taggable(name, text_view(call.input, "Resource"));
  require(name);
  const json::object& tags = call.input.at("Tags").as_object();
  if (tags.empty()) throw invalid_parameter("An error occurred and the request cannot be processed.");
  co_await registry.change(name.id, [&](FunctionRecord& record) {
    add_tags(record, tags);
    record.touch_revision(random);
    if (tags.contains(kNetworkTag)) require_network_tag(record, options.network.mode);
  });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::untag_resource(Call& call) {
  const FunctionName name = name_of(call, "Resource");
  require_taggable(name, text_view(call.input, "Resource"));
  require(name);
  co_await registry.change(name.id, [&](FunctionRecord& record) {
    for (const auto& key : call.input.at("TagKeys").as_array()) record.tags.erase(json::value_to<std::string>(key));
    record.touch_revision(random);
  });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::list_tags(Call& call) {
  const FunctionName name = name_of(call, "Resource");
  require_taggable(name, text_view(call.input, "Resource"));
  FunctionPtr function = require(name);
  json::object tags;
  for (const auto& [key, value] : function->record.tags) tags[key] = value;
  Reply reply;
  reply.output["Tags"] = std::move(tags);
  co_return reply;
}

Task<Reply> Lambda::Impl::get_account_settings(Call& call) {
  std::uint64_t count = 0, bytes = 0, reserved = 0;
  const auto functions = registry.all();
  for (const FunctionPtr& function : functions) {
    const FunctionId& id = function->record.id;
    if (id.account != call.account() || id.region != call.region) continue;
    ++count;
    bytes += function->record.code_bytes;
    reserved += function->record.reserved_concurrency.value_or(0);
  }
  constexpr std::uint64_t kTotalCodeBytes = 80'530'636'800;  // AWS quota: 75 GB
  Reply reply;
  reply.output["AccountLimit"] = json::object{{"TotalCodeSize", kTotalCodeBytes},
                                              {"CodeSizeUnzipped", kUnzippedBytesMax},
                                              {"CodeSizeZipped", kZipBytesMax},
                                              {"ConcurrentExecutions", options.concurrency_max},
                                              {"UnreservedConcurrentExecutions", options.concurrency_max - reserved}};
  reply.output["AccountUsage"] = json::object{{"TotalCodeSize", bytes}, {"FunctionCount", count}};
  co_return reply;
}

}  // namespace brume::lambda
