// The account's settings, and tags of APIs and stages.
#include "gateway/errors.h"
#include "gateway/keys.h"
#include "gateway/rest/control.h"
#include "gateway/role_source.h"
#include "service/arn.h"

namespace brume::gateway {

namespace {

constexpr std::size_t kTagsMax = 50;

json::object account_output(const json::object& settings) {
  json::object output;
  copy_member(settings, output, "cloudwatchRoleArn");
  output["throttleSettings"] = {{"burstLimit", 5000}, {"rateLimit", 10000.0}};
  output["features"] = json::array{"UsagePlans"};
  output["apiKeyVersion"] = "4";
  return output;
}

/// What arn:aws:apigateway:REGION::/restapis/API[/stages/STAGE] names. It names no account: whose the API is, its record
/// says.
struct Tagged {
  std::string api;
  std::string stage;  ///< "" for the API itself
};

Tagged tagged_of(const service::Call& call) {
  constexpr std::string_view kApis = "/restapis/";
  const std::string_view given = text_view(call.input, "resourceArn");
  const auto arn = service::Arn::parse(given);
  if (!arn || arn->service != "apigateway" || arn->region != call.region || !arn->account.empty() ||
      !arn->resource.starts_with(kApis))
    throw bad_request("Invalid ARN specified in the request");
  std::string_view rest = arn->resource.substr(kApis.size());
  Tagged tagged;
  std::size_t slash = rest.find('/');
  tagged.api = std::string(rest.substr(0, slash));
  if (slash == std::string_view::npos) return tagged;
  rest.remove_prefix(slash);
  if (!rest.starts_with("/stages/")) throw not_supported("tags of " + std::string(given));
  tagged.stage = std::string(rest.substr(std::string_view("/stages/").size()));
  if (!valid_identifier(tagged.stage)) throw stage_not_found();
  return tagged;
}

std::string key_of(const Tagged& tagged) {
  return tagged.stage.empty() ? api_key(tagged.api) : stage_key(tagged.api, tagged.stage);
}

json::object require_tagged(store::Reader& reader, const Scope& scope, const Tagged& tagged) {
  json::object api = require_api(reader, scope, tagged.api);
  if (tagged.stage.empty()) return api;
  auto stage = read_record(reader, key_of(tagged));
  if (!stage) throw stage_not_found();
  return std::move(*stage);
}

void check_tag(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > 128) throw bad_request("Tag keys must be between 1 and 128 characters long");
  if (key.starts_with("aws:")) throw bad_request("Tag keys cannot start with aws:");
  if (value.size() > 256) throw bad_request("Tag values must be at most 256 characters long");
}

}  // namespace

Task<service::Reply> RestControl::get_account(Call& call) {
  return read([scope = scope_of(call)](store::Reader& reader) {
    return account_output(read_record(reader, account_key(scope.account, scope.region)).value_or(json::object{}));
  });
}

Task<service::Reply> RestControl::update_account(Call& call) {
  return change("account/" + call.account() + "/" + call.region,
                [scope = scope_of(call), patches = patches_of(call.input)](store::Transaction& transaction) {
                  std::string key = account_key(scope.account, scope.region);
                  json::object settings = read_record(transaction, key).value_or(json::object{});
                  for (const Patch& patch : patches) {
                    if (!patch.at("cloudwatchRoleArn")) throw invalid_patch_path(patch);
                    only_edits(patch);
                    if (!patch.is("remove")) check_credentials(patch.value_or_empty(), scope.account);
                    if (patch.is("remove")) settings.erase("cloudwatchRoleArn");
                    else replace_text(patch, settings, "cloudwatchRoleArn");
                  }
                  write_record(transaction, key, settings);
                  return account_output(settings);
                });
}

Task<service::Reply> RestControl::tag_resource(Call& call) {
  Tagged tagged = tagged_of(call);
  return change(tagged.api, [scope = scope_of(call), tagged, input = call.input](store::Transaction& transaction) {
    json::object record = require_tagged(transaction, scope, tagged);
    json::object& tags = object_at(record, "tags");
    if (const json::object* given = object_member(input, "tags"))
      for (const auto& tag : *given) {
        check_tag(tag.key(), tag.value().is_string() ? std::string_view(tag.value().get_string()) : "");
        tags[tag.key()] = tag.value();
      }
    if (tags.size() > kTagsMax) throw bad_request("The number of tags exceeds the limit of 50");
    write_record(transaction, key_of(tagged), record);
    return json::object{};
  });
}

Task<service::Reply> RestControl::untag_resource(Call& call) {
  Tagged tagged = tagged_of(call);
  return change(tagged.api, [scope = scope_of(call), tagged, input = call.input](store::Transaction& transaction) {
    json::object record = require_tagged(transaction, scope, tagged);
    json::object& tags = object_at(record, "tags");
    if (const json::array* keys = array_member(input, "tagKeys"))
      for (const json::value& key : *keys) tags.erase(key.as_string());
    erase_if_empty(record, "tags");
    write_record(transaction, key_of(tagged), record);
    return json::object{};
  });
}

Task<service::Reply> RestControl::get_tags(Call& call) {
  Tagged tagged = tagged_of(call);
  return read([scope = scope_of(call), tagged](store::Reader& reader) {
    json::object record = require_tagged(reader, scope, tagged);
    json::object output{{"tags", json::object{}}};
    copy_member(record, output, "tags");
    return output;
  });
}

}  // namespace brume::gateway
