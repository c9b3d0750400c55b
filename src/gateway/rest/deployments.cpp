// Deployments: the API as it was at one moment, for stages to serve.
#include <algorithm>

#include "gateway/errors.h"
#include "gateway/keys.h"
#include "gateway/rest/control.h"
#include "gateway/rest/stage_records.h"

namespace brume::gateway {

namespace {

/// Path → method → {authorizationType, apiKeyRequired}. Errors: BadRequestException when the API can't be deployed.
json::object summarize(const json::object& api, const std::vector<json::object>& resources) {
  if ((*array_member(*object_member(api, "endpointConfiguration"), "types"))[0] == "PRIVATE")
    throw bad_request("Private REST API doesn't have a resource policy attached to it");
  json::object summary;
  for (const json::object& resource : resources) {
    const json::object* methods = object_member(resource, "resourceMethods");
    if (!methods || methods->empty()) continue;
    json::object& of_path = object_at(summary, text_view(resource, "path"));
    for (const auto& entry : *methods) {
      const json::object& method = entry.value().as_object();
      if (!object_member(method, "methodIntegration")) throw bad_request("No integration defined for method");
      of_path[entry.key()] = {{"authorizationType", text_view(method, "authorizationType")},
                              {"apiKeyRequired", flag(method, "apiKeyRequired")}};
    }
  }
  if (summary.empty()) throw bad_request("The REST API doesn't contain any methods");
  return summary;
}

/// What the data plane needs of an API, as it is now.
json::object freeze(const json::object& api, std::vector<json::object> resources) {
  json::object settings;
  for (std::string_view member : {"name", "binaryMediaTypes", "disableExecuteApiEndpoint"})
    copy_member(api, settings, member);
  json::array frozen;
  for (json::object& resource : resources) frozen.push_back(std::move(resource));
  return {{"api", std::move(settings)}, {"resources", std::move(frozen)}};
}

bool summary_wanted(const json::object& input) {
  const json::array* embed = array_member(input, "embed");
  return embed && std::find(embed->begin(), embed->end(), json::value("apisummary")) != embed->end();
}

json::object output_of(json::object deployment, bool with_summary) {
  if (!with_summary) deployment.erase("apiSummary");
  return deployment;
}

json::object require_deployment(store::Reader& reader, const std::string& api, const std::string& id) {
  std::optional<json::object> deployment;
  if (valid_identifier(id)) deployment = read_record(reader, deployment_key(api, id));
  if (!deployment) throw deployment_not_found();
  return std::move(*deployment);
}

}  // namespace

Task<service::Reply> RestControl::create_deployment(Call& call) {
  std::string id = input_text(call, "restApiId");
  return change(id, [this, scope = scope_of(call), id, deployment = new_id(6), input = call.input,
                     created = now()](store::Transaction& transaction) {
    json::object api = require_api(transaction, scope, id);
    std::vector<json::object> resources = read_records(transaction, resource_prefix(id));
    json::object record{{"id", deployment}};
    copy_member(input, record, "description");
    record["createdDate"] = created;
    record["apiSummary"] = summarize(api, resources);
    if (std::string stage_name = text(input, "stageName"); !stage_name.empty()) {
      std::optional<json::object> stage;
      if (valid_identifier(stage_name)) stage = read_record(transaction, stage_key(id, stage_name));
      if (stage) {
        (*stage)["deploymentId"] = deployment;
        (*stage)["lastUpdatedDate"] = created;
        if (std::string_view description = text_view(input, "stageDescription"); !description.empty())
          (*stage)["description"] = description;
        set_variables(*stage, object_member(input, "variables"));
      } else {
        check_stage_quota(transaction, id);
        stage = new_stage({stage_name, deployment, text(input, "stageDescription"), object_member(input, "variables"),
                           nullptr, created});
      }
      write_record(transaction, stage_key(id, stage_name), *stage);
    }
    write_record(transaction, deployment_key(id, deployment), record);
    write_record(transaction, frozen_key(id, deployment), freeze(api, std::move(resources)));
    return output_of(std::move(record), false);
  });
}

Task<service::Reply> RestControl::get_deployment(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId"), id = input_text(call, "deploymentId"),
               summary = summary_wanted(call.input)](store::Reader& reader) {
    require_api(reader, scope, api);
    return output_of(require_deployment(reader, api, id), summary);
  });
}

Task<service::Reply> RestControl::get_deployments(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId"), input = call.input](store::Reader& reader) {
    require_api(reader, scope, api);
    std::vector<std::string> ids = key_suffixes(reader, deployment_prefix(api));
    std::vector<json::object> deployments;
    for (json::object& record : read_records(reader, deployment_prefix(api)))
      deployments.push_back(output_of(std::move(record), false));
    return page(input, ids, std::move(deployments));
  });
}

Task<service::Reply> RestControl::update_deployment(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api, [scope = scope_of(call), api, id = input_text(call, "deploymentId"),
                      patches = patches_of(call.input)](store::Transaction& transaction) {
    require_api(transaction, scope, api);
    json::object deployment = require_deployment(transaction, api, id);
    for (const Patch& patch : patches) {
      only_replace_of(patch, {"/description"});
      replace_text(patch, deployment, "description");
    }
    write_record(transaction, deployment_key(api, id), deployment);
    return output_of(std::move(deployment), false);
  });
}

Task<service::Reply> RestControl::delete_deployment(Call& call) {
  std::string api = input_text(call, "restApiId");
  return change(api,
                [scope = scope_of(call), api, id = input_text(call, "deploymentId")](store::Transaction& transaction) {
                  require_api(transaction, scope, api);
                  require_deployment(transaction, api, id);
                  for (const json::object& stage : read_records(transaction, stage_prefix(api)))
                    if (text_view(stage, "deploymentId") == id)
                      throw bad_request("Active stages pointing to this deployment must be moved or deleted");
                  transaction.erase(deployment_key(api, id));
                  transaction.erase(frozen_key(api, id));
                  return json::object{};
                });
}

}  // namespace brume::gateway
