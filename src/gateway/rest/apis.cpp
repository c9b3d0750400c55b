// RestApis: create, get, list, update, delete.
#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "base/log.h"
#include "gateway/errors.h"
#include "gateway/keys.h"
#include "gateway/rest/control.h"

namespace brume::gateway {

namespace {

constexpr std::int64_t kCompressionMax = 10'485'760;
constexpr std::string_view kPrivateNeedsDualstack = "Only dualstack ipAddressType is supported for Private APIs.";

/// The record without what is not part of the model's RestApi.
json::object output_of(json::object record) {
  record.erase("account");
  record.erase("region");
  return record;
}

json::object endpoint_configuration(const json::object* given) {
  std::string type = "EDGE";
  std::string address;
  json::object configuration;
  if (given) {
    if (const json::array* types = array_member(*given, "types")) {
      if (types->empty()) throw bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
      if (types->size() > 1) throw bad_request("Cannot create an api with multiple Endpoint Types.");
      type = std::string((*types)[0].as_string());
    }
    address = text(*given, "ipAddressType");
  }
  if (type == "PRIVATE" && address == "ipv4") throw bad_request(std::string(kPrivateNeedsDualstack));
  if (address.empty()) address = type == "PRIVATE" ? "dualstack" : "ipv4";
  configuration["types"] = json::array{type};
  configuration["ipAddressType"] = address;
  return configuration;
}

/// TLS 1.2 is the least that is ever spoken here; nothing else can be promised.
void check_security_policy(std::string_view policy) {
  if (!policy.empty() && policy != "TLS_1_2") throw not_supported("securityPolicy " + std::string(policy));
}

void refuse_compression(std::int64_t size) {
  if (size < 0 || size > kCompressionMax)
    throw bad_request("Invalid minimum compression size, must be between 0 and 10485760");
  throw not_supported("minimumCompressionSize (payload compression)");
}

json::object new_api(const json::object& input) {
  if (text_view(input, "name").empty()) throw bad_request("Invalid API name specified");
  if (input.contains("description") && text_view(input, "description").empty())
    throw bad_request("Description cannot be an empty string");
  if (const json::value* size = input.if_contains("minimumCompressionSize"); size && size->is_int64())
    refuse_compression(size->get_int64());
  check_security_policy(text_view(input, "securityPolicy"));
  json::object api;
  for (std::string_view member : {"name", "description", "version", "binaryMediaTypes", "tags", "securityPolicy"})
    copy_member(input, api, member);
  erase_if_empty(api, "binaryMediaTypes");
  erase_if_empty(api, "tags");
  api["apiKeySource"] = "HEADER";
  api["endpointConfiguration"] = endpoint_configuration(object_member(input, "endpointConfiguration"));
  api["disableExecuteApiEndpoint"] = flag(input, "disableExecuteApiEndpoint");
  return api;
}

/// Copies all resources of `from` under new ids; returns the new root's id.
std::string clone_resources(store::Transaction& transaction, const std::string& from, const std::string& to,
                            const std::function<std::string()>& new_id) {
  std::vector<json::object> resources = read_records(transaction, resource_prefix(from));
  std::map<std::string, std::string, std::less<>> ids;
  for (const json::object& resource : resources) ids.emplace(text(resource, "id"), new_id());
  std::string root;
  for (json::object& resource : resources) {
    std::string id = ids.find(text_view(resource, "id"))->second;
    resource["id"] = id;
    if (std::string_view parent = text_view(resource, "parentId"); parent.empty()) root = id;
    else resource["parentId"] = ids.find(parent)->second;
    write_record(transaction, resource_key(to, id), resource);
  }
  return root;
}

void patch_types(const Patch& patch, json::object& api) {
  if (!patch.under("binaryMediaTypes") && patch.at("binaryMediaTypes")) throw invalid_patch_path(patch);
  only_edits(patch);
  json::value& member = api["binaryMediaTypes"];
  if (!member.is_array()) member = json::array{};
  json::array& types = member.get_array();
  auto found = std::find(types.begin(), types.end(), json::value(patch.key()));
  if (!patch.is("add") && found != types.end()) types.erase(found);
  if (patch.is("remove")) return erase_if_empty(api, "binaryMediaTypes");
  std::string type = patch.is("replace") && patch.value ? *patch.value : patch.key();
  if (std::size_t escape = type.find("~1"); escape != std::string::npos) type.replace(escape, 2, "/");
  if (std::find(types.begin(), types.end(), json::value(type)) == types.end()) types.push_back(json::value(type));
}

void patch_endpoint(const Patch& patch, json::object& api) {
  json::object& configuration = object_at(api, "endpointConfiguration");
  const std::string& member = patch.segments.size() > 1 ? patch.segments[1] : patch.segments[0];
  if (member == "types") {
    if (patch.is("remove"))  // an API has one type; the words are AWS's
      throw bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
    only_edits(patch);
    std::string type = patch.value_or_empty();
    if (type != "REGIONAL" && type != "EDGE" && type != "PRIVATE")
      throw bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE");
    configuration["types"] = json::array{type};
    if (type == "PRIVATE") configuration["ipAddressType"] = "dualstack";
  } else if (member == "ipAddressType") {
    only_replace(patch);
    std::string address = patch.value_or_empty();
    if (address != "ipv4" && address != "dualstack")
      throw bad_request("ipAddressType must be either ipv4 or dualstack.");
    if (address == "ipv4" && configuration["types"].as_array()[0] == "PRIVATE")
      throw bad_request(std::string(kPrivateNeedsDualstack));
    configuration["ipAddressType"] = address;
  } else if (member == "vpcEndpointIds") {
    throw not_supported("endpointConfiguration.vpcEndpointIds (VPC endpoints)");
  } else {
    throw invalid_patch_path(patch);
  }
}

void patch_compression(const Patch& patch, json::object& api) {
  only_replace(patch);
  if (patch.value_or_empty().empty()) {
    api.erase("minimumCompressionSize");
    return;
  }
  std::int64_t size = -1;
  const std::string& digits = *patch.value;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  refuse_compression(error == std::errc{} && end == digits.data() + digits.size() ? size : -1);
}

void patch_api(const Patch& patch, json::object& api) {
  if (patch.segments[0] == "binaryMediaTypes") {
    patch_types(patch, api);
  } else if (patch.segments[0] == "endpointConfiguration") {
    patch_endpoint(patch, api);
  } else if (patch.at("minimumCompressionSize")) {
    patch_compression(patch, api);
  } else if (patch.at("description")) {
    only_edits(patch);
    if (patch.is("remove")) api.erase("description");
    else replace_text(patch, api, "description");
  } else if (patch.at("name")) {
    only_replace(patch);
    if (patch.value_or_empty().empty()) throw bad_request("Invalid API name specified");
    api["name"] = *patch.value;
  } else if (patch.at("version") || patch.at("securityPolicy")) {
    only_replace(patch);
    if (patch.at("securityPolicy")) check_security_policy(patch.value_or_empty());
    replace_text(patch, api, patch.segments[0]);
  } else if (patch.at("disableExecuteApiEndpoint")) {
    only_replace(patch);
    api["disableExecuteApiEndpoint"] = patch.truth();
  } else if (patch.at("apiKeySource")) {
    only_replace(patch);
    if (patch.value_or_empty() != "HEADER") throw not_supported("apiKeySource AUTHORIZER (API keys)");
  } else if (patch.at("policy")) {
    if (!patch.value_or_empty().empty()) throw not_supported("policy (resource policies of REST APIs)");
  } else if (patch.at("endpointAccessMode")) {
    if (patch.value_or_empty() != "BASIC") throw not_supported("endpointAccessMode STRICT");
  } else {
    throw invalid_patch_path(patch);
  }
}

}  // namespace

Task<service::Reply> RestControl::create_rest_api(Call& call) {
  Scope scope = scope_of(call);
  json::object api = new_api(call.input);
  std::string id = new_id(10);
  std::string root = new_id(10);
  api["id"] = id;
  api["createdDate"] = now();
  api["account"] = scope.account;
  api["region"] = scope.region;
  std::string source = input_text(call, "cloneFrom");
  // The index's lock, so that the quota holds when several are created at once.
  return change("apis/" + scope.account + "/" + scope.region,
                [this, scope, id, root, source, api](store::Transaction& transaction) {
                  if (count_keys(transaction, api_index_prefix(scope.account, scope.region)) >= options_.apis_max)
                    throw AwsError(kLimitExceeded,
                                   "Maximum number of Rest APIs for this account has been reached. Please contact AWS "
                                   "if you need additional APIs.");
                  json::object record = api;
                  if (source.empty()) {
                    record["rootResourceId"] = root;
                    write_record(transaction, resource_key(id, root), json::object{{"id", root}, {"path", "/"}});
                  } else {
                    require_api(transaction, scope, source);
                    record["rootResourceId"] = clone_resources(transaction, source, id, [this] { return new_id(6); });
                  }
                  write_record(transaction, api_key(id), record);
                  transaction.put(api_index_key(scope.account, scope.region, id), "");
                  return output_of(std::move(record));
                });
}

Task<service::Reply> RestControl::get_rest_api(Call& call) {
  return read([scope = scope_of(call), api = input_text(call, "restApiId")](store::Reader& reader) {
    json::object output = output_of(require_api(reader, scope, api));
    object_at(output, "tags");  // GetRestApis leaves it out when there are none, as CreateRestApi does
    return output;
  });
}

Task<service::Reply> RestControl::get_rest_apis(Call& call) {
  return read([scope = scope_of(call), input = call.input](store::Reader& reader) {
    std::vector<std::string> ids;
    std::vector<json::object> apis;
    for (const std::string& id : key_suffixes(reader, api_index_prefix(scope.account, scope.region))) {
      try {
        auto api = find_api(reader, scope, id);
        if (!api) continue;
        apis.push_back(output_of(std::move(*api)));
        ids.push_back(id);
      } catch (const store::DamagedRecord& error) {  // the others are still to be seen
        log_error("gateway.api_unusable", {{"api", id}, {"error", error.what()}});
      }
    }
    return page(input, ids, std::move(apis));
  });
}

Task<service::Reply> RestControl::update_rest_api(Call& call) {
  std::string id = input_text(call, "restApiId");
  return change(id, [scope = scope_of(call), id, patches = patches_of(call.input)](store::Transaction& transaction) {
    json::object api = require_api(transaction, scope, id);
    for (const Patch& patch : patches) patch_api(patch, api);
    write_record(transaction, api_key(id), api);
    json::object output = output_of(std::move(api));
    object_at(output, "tags");
    return output;
  });
}

Task<service::Reply> RestControl::delete_rest_api(Call& call) {
  std::string id = input_text(call, "restApiId");
  return change(id, [scope = scope_of(call), id](store::Transaction& transaction) {
    require_api(transaction, scope, id);
    std::string prefix = api_prefix(id);
    for (const std::string& suffix : key_suffixes(transaction, prefix)) transaction.erase(prefix + suffix);
    transaction.erase(api_index_key(scope.account, scope.region, id));
    return json::object{};
  });
}

}  // namespace brume::gateway
