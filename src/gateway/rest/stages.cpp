// Stages: names under which deployments are served.
#include "gateway/errors.h"
#include "gateway/keys.h"
#include "gateway/rest/control.h"
#include "gateway/rest/stage_records.h"

namespace brume::gateway {

namespace {

json::object require_stage(store::Reader& reader, const std::string& api, const std::string& name) {
  std::optional<json::object> stage;
  if (valid_identifier(name)) stage = read_record(reader, stage_key(api, name));
  if (!stage) throw stage_not_found();
  return std::move(*stage);
}

bool deployment_exists(store::Reader& reader, const std::string& api, std::string_view id) {
  return valid_identifier(id) && read_record(reader, deployment_key(api, id)).has_value();
}

}  // namespace

void RestControl::check_stage_quota(store::Reader& reader, const std::string& api) const {
  if (count_keys(reader, stage_prefix(api)) >= options_.stages_max)
    throw AwsError(kLimitExceeded,
                   "Maximum number of stages for this API has been reached. Please contact AWS if you need "
                   "additional stages.");
}

Task<service::Reply> RestControl::create_stage(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(
      api, [this, scope = scope_of(call), api, input = call.input, created = now()](store::Transaction& transaction) {
        require_api(transaction, scope, api);
        std::string name = text(input, "stageName");
        std::string deployment = text(input, "deploymentId");
        json::object stage = new_stage({name, deployment, text(input, "description"), object_member(input, "variables"),
                                        object_member(input, "tags"), created});
        if (read_record(transaction, stage_key(api, name))) throw conflict("Stage already exists");
        if (!deployment_exists(transaction, api, deployment)) throw bad_request("Deployment id does not exist");
        check_stage_quota(transaction, api);
        write_record(transaction, stage_key(api, name), stage);
        return stage;
      });
}

Task<service::Reply> RestControl::get_stage(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId"),
               name = input_text(call, "stageName")](store::Reader& reader) {
    require_api(reader, scope, api);
    return require_stage(reader, api, name);
  });
}

Task<service::Reply> RestControl::get_stages(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId"),
               deployment = input_text(call, "deploymentId")](store::Reader& reader) {
    require_api(reader, scope, api);
    json::array stages;
    for (json::object& stage : read_records(reader, stage_prefix(api)))
      if (deployment.empty() || text_view(stage, "deploymentId") == deployment) stages.push_back(std::move(stage));
    return json::object{{"item", std::move(stages)}};
  });
}

Task<service::Reply> RestControl::update_stage(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api, [scope = scope_of(call), api, name = input_text(call, "stageName"),
                      patches = patches_of(call.input), updated = now()](store::Transaction& transaction) {
    require_api(transaction, scope, api);
    json::object stage = require_stage(transaction, api, name);
    auto exists = [&](std::string_view id) { return deployment_exists(transaction, api, id); };
    for (const Patch& patch : patches) patch_stage(patch, stage, exists);
    stage["lastUpdatedDate"] = updated;
    write_record(transaction, stage_key(api, name), stage);
    return stage;
  });
}

Task<service::Reply> RestControl::delete_stage(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api,
                [scope = scope_of(call), api, name = input_text(call, "stageName")](store::Transaction& transaction) {
                  require_api(transaction, scope, api);
                  require_stage(transaction, api, name);
                  transaction.erase(stage_key(api, name));
                  return json::object{};
                });
}

}  // namespace brume::gateway
