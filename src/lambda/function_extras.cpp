// Reserved concurrency, tags and the account's limits.
#include <boost/json.hpp>

#include "lambda/code_store.h"
#include "lambda/impl.h"
#include "lambda/settings.h"

namespace brume::lambda {
namespace json = boost::json;
using service::Call;
using service::Reply;
namespace {

constexpr std::uint32_t kUnreservedMin = 100;  // AWS keeps so much for functions without a reservation
constexpr std::size_t kTagsMax = 50;

}  // namespace

Task<Reply> Lambda::Impl::put_concurrency(Call& call) {
  const FunctionId id = latest_of(call);
  const auto wanted =
      static_cast<std::uint32_t>(call.input.at("ReservedConcurrentExecutions").to_number<std::int64_t>());
  std::uint64_t others = 0;
  const auto functions = registry.all();
  for (const auto& [other, function] : *functions)
    if (other.account == id.account && other.region == id.region && other != id)
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
  require(name);
  co_await registry.change(name.id, [&](FunctionRecord& record) {
    for (const auto& [key, value] : call.input.at("Tags").as_object())
      record.tags[std::string(key)] = json::value_to<std::string>(value);
    if (record.tags.size() > kTagsMax)
      throw invalid_parameter("The number of tags exceeds the limit of " + std::to_string(kTagsMax));
    if (call.input.at("Tags").as_object().contains(kNetworkTag)) require_network_tag(record, options.network.mode);
  });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::untag_resource(Call& call) {
  const FunctionName name = name_of(call, "Resource");
  require(name);
  co_await registry.change(name.id, [&](FunctionRecord& record) {
    for (const auto& key : call.input.at("TagKeys").as_array()) record.tags.erase(json::value_to<std::string>(key));
  });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::list_tags(Call& call) {
  FunctionPtr function = require(name_of(call, "Resource"));
  json::object tags;
  for (const auto& [key, value] : function->record.tags) tags[key] = value;
  Reply reply;
  reply.output["Tags"] = std::move(tags);
  co_return reply;
}

Task<Reply> Lambda::Impl::get_account_settings(Call& call) {
  std::uint64_t count = 0, bytes = 0, reserved = 0;
  const auto functions = registry.all();
  for (const auto& [id, function] : *functions) {
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
