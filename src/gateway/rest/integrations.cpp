// Integrations and integration responses: what stands behind a method.
#include <charconv>

#include "gateway/errors.h"
#include "gateway/pipeline/integration_uri.h"
#include "gateway/pipeline/mapping.h"
#include "gateway/pipeline/plain_template.h"
#include "gateway/rest/change_resource.h"
#include "gateway/role_source.h"
#include "service/pattern.h"

namespace brume::gateway {

namespace {

constexpr std::size_t kShownPatternMax = 256;
constexpr std::int64_t kTimeoutMin = 50;
constexpr std::int64_t kTimeoutMax = 29'000;
constexpr std::string_view kProxyServices =
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";

AwsError invalid_mapping(std::string_view what) {
  return bad_request(
      "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
      "expression " +
      std::string(what) + "]");
}

void check_uri(std::string_view type, std::string_view uri) {
  if (type == "HTTP_PROXY" && !valid_http_uri(uri)) throw bad_request("Invalid HTTP endpoint specified for URI");
  if (type != "AWS_PROXY") return;
  switch (classify_aws_uri(uri)) {
    case AwsUri::no_arn: throw bad_request("Invalid ARN specified in the request");
    case AwsUri::no_path: throw bad_request("AWS ARN for integration must contain path or action");
    case AwsUri::other_service: throw bad_request(std::string(kProxyServices));
    case AwsUri::lambda: break;
  }
}

void check_timeout(std::int64_t milliseconds) {
  if (milliseconds < kTimeoutMin || milliseconds > kTimeoutMax)
    throw bad_request("Timeout should be between 50 ms and 29000 ms");
}

void check_passthrough(std::string_view behavior) {
  if (behavior != "WHEN_NO_MATCH" && behavior != "WHEN_NO_TEMPLATES" && behavior != "NEVER")
    throw bad_request(
        "Invalid passthrough behavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER");
}

/// Proxy integrations take no notice of templates; a MOCK lives by them.
void check_templates(std::string_view type, const json::object& owner, std::string_view member) {
  const json::object* templates = object_member(owner, member);
  if (!templates) return;
  for (const auto& entry : *templates) {
    std::string_view content_type = entry.key();
    if (content_type.find('/') == std::string_view::npos)
      throw bad_request("Validation Result: warnings : [], errors : [Invalid content type specified: " +
                        std::string(content_type) + "]");
    if (type == "MOCK" && entry.value().is_string() && uses_vtl(entry.value().get_string()))
      throw not_supported("mapping templates with VTL (" + std::string(member) + " for " + std::string(content_type) +
                          ")");
  }
}

void check_request_mapping(std::string_view target, std::string_view expression, const json::object& method) {
  if (!parse_parameter_target(target)) throw invalid_mapping("specified: " + std::string(target));
  auto source = parse_parameter_source(expression);
  if (!source) throw invalid_mapping("specified: " + std::string(expression));
  std::string declared = declared_name(*source);
  if (declared.empty()) return;
  const json::object* parameters = object_member(method, "requestParameters");
  if (!parameters || !(parameters->contains(declared) || parameters->contains(expression)))
    throw invalid_mapping("parameter specified: " + std::string(expression));
}

void check_request_mappings(const json::object& integration, const json::object& method) {
  if (const json::object* mappings = object_member(integration, "requestParameters"))
    for (const auto& mapping : *mappings)
      check_request_mapping(mapping.key(),
                            mapping.value().is_string() ? std::string_view(mapping.value().get_string()) : "", method);
}

void check_connection(std::string_view type) {
  if (type == "VPC_LINK") throw not_supported("connectionType VPC_LINK (VPC links)");
}

json::object new_integration(const json::object& input, const json::object& method, std::string_view account) {
  std::string_view type = text_view(input, "type");
  check_credentials(text_view(input, "credentials"), account);
  std::string_view http_method = text_view(input, "integrationHttpMethod");
  if (type != "MOCK") {
    if (http_method.empty()) throw bad_request("Enumeration value for HttpMethod must be non-empty");
    check_uri(type, text_view(input, "uri"));
  }
  json::object integration{{"type", type}};
  if (type != "MOCK") {
    integration["httpMethod"] = http_method;
    copy_member(input, integration, "uri");
  }
  for (std::string_view member :
       {"credentials", "requestParameters", "requestTemplates", "contentHandling", "tlsConfig"})
    copy_member(input, integration, member);
  if (type == "HTTP_PROXY") integration["connectionType"] = "INTERNET";
  integration["passthroughBehavior"] = "WHEN_NO_MATCH";
  if (std::string_view given = text_view(input, "passthroughBehavior"); !given.empty()) {
    check_passthrough(given);
    integration["passthroughBehavior"] = given;
  }
  integration["timeoutInMillis"] = kTimeoutMax;
  if (const json::value* timeout = input.if_contains("timeoutInMillis"); timeout && timeout->is_int64()) {
    check_timeout(timeout->get_int64());
    integration["timeoutInMillis"] = *timeout;
  }
  integration["cacheNamespace"] = text_view(input, "cacheNamespace").empty() ? text_view(input, "resourceId")
                                                                             : text_view(input, "cacheNamespace");
  integration["cacheKeyParameters"] = json::array{};
  copy_member(input, integration, "cacheKeyParameters");
  check_templates(type, integration, "requestTemplates");
  check_request_mappings(integration, method);
  return integration;
}

void patch_map(const Patch& patch, json::object& owner) {
  only_edits(patch);
  if (patch.is("remove")) {
    if (object_member(owner, patch.segments[0])) object_at(owner, patch.segments[0]).erase(patch.key());
    erase_if_empty(owner, patch.segments[0]);
  } else {
    object_at(owner, patch.segments[0])[patch.key()] = patch.value_or_empty();
  }
}

void patch_cache_key(const Patch& patch, json::object& integration) {
  json::array& keys = integration["cacheKeyParameters"].as_array();
  auto found = std::find(keys.begin(), keys.end(), json::value(patch.key()));
  if (patch.is("remove")) {
    if (found != keys.end()) keys.erase(found);
  } else if (found == keys.end()) {
    keys.push_back(json::value(patch.key()));
  }
}

void patch_timeout(const Patch& patch, json::object& integration) {
  std::string digits = patch.value_or_empty();
  std::int64_t milliseconds = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds);
  if (error != std::errc{} || end != digits.data() + digits.size()) milliseconds = 0;
  check_timeout(milliseconds);
  integration["timeoutInMillis"] = milliseconds;
}

void patch_integration(const Patch& patch, json::object& integration, std::string_view account) {
  if (patch.under("requestParameters") || patch.under("requestTemplates")) return patch_map(patch, integration);
  if (patch.under("cacheKeyParameters")) return patch_cache_key(patch, integration);
  if (patch.segments.size() == 2 && patch.segments[0] == "tlsConfig") {
    if (patch.truth()) throw not_supported("tlsConfig.insecureSkipVerification");
    return;
  }
  if (patch.segments.size() != 1) throw invalid_patch_path(patch);
  const std::string& member = patch.segments[0];
  std::string value = patch.value_or_empty();
  if (member == "timeoutInMillis") {
    only_replace(patch);
    patch_timeout(patch, integration);
  } else if (member == "passthroughBehavior") {
    only_replace(patch);
    check_passthrough(value);
    integration[member] = value;
  } else if (member == "connectionType") {
    only_replace(patch);
    check_connection(value);
  } else if (member == "uri") {
    only_replace(patch);
    check_uri(text_view(integration, "type"), value);
    integration[member] = value;
  } else if (member == "httpMethod") {
    only_replace(patch);
    if (value.empty()) throw bad_request("Enumeration value for HttpMethod must be non-empty");
    integration[member] = value;
  } else if (member == "credentials" || member == "cacheNamespace" || member == "contentHandling") {
    only_edits(patch);
    if (member == "credentials" && !patch.is("remove")) check_credentials(value, account);
    if (patch.is("remove")) integration.erase(member);
    else replace_text(patch, integration, member);
  } else {
    throw invalid_patch_path(patch);
  }
}

// --- integration responses ---

void check_selection_pattern(std::string_view pattern) {
  if (!service::Pattern::compile(pattern))
    throw bad_request("Invalid selection pattern specified: " + std::string(pattern.substr(0, kShownPatternMax)));
}

/// A header of the response must be declared by the method response, and its value be one that can be had.
void check_response_mappings(std::string_view type, const json::object& response, const json::object& method) {
  const json::object* mappings = object_member(response, "responseParameters");
  if (!mappings) return;
  const json::object* declared = nullptr;
  if (const json::object* responses = object_member(method, "methodResponses"))
    if (const json::object* of_status = object_member(*responses, text_view(response, "statusCode")))
      declared = object_member(*of_status, "responseParameters");
  for (const auto& mapping : *mappings) {
    if (!mapping.value().is_string() || mapping.value().get_string().empty())
      throw bad_request("Invalid null or empty value in responseParameters");
    std::string_view expression = mapping.value().get_string();
    if (!parse_response_header(mapping.key())) throw invalid_mapping("specified: " + std::string(mapping.key()));
    if (!declared || !declared->contains(mapping.key()))
      throw invalid_mapping("parameter specified: " + std::string(mapping.key()));
    bool known = parse_constant(expression) || expression == "integration.response.body" ||
                 expression.starts_with("integration.response.header.") ||
                 expression.starts_with("integration.response.multivalueheader.") ||
                 expression.starts_with("stageVariables.") || expression.starts_with("context.");
    if (!known) throw invalid_mapping("specified: " + std::string(expression));
    if (type == "MOCK" && !parse_constant(expression) && !expression.starts_with("stageVariables.") &&
        !expression.starts_with("context."))
      throw not_supported("responseParameters of MOCK integrations from " + std::string(expression));
  }
}

void check_integration_response(std::string_view type, const json::object& response, const json::object& method) {
  check_selection_pattern(text_view(response, "selectionPattern"));
  check_templates(type, response, "responseTemplates");
  check_response_mappings(type, response, method);
}

json::object new_response(const json::object& input) {
  json::object response;
  for (std::string_view member : {"statusCode", "selectionPattern", "responseParameters", "contentHandling"})
    copy_member(input, response, member);
  if (const json::object* templates = object_member(input, "responseTemplates")) {
    json::object& copied = object_at(response, "responseTemplates");
    for (const auto& entry : *templates) {  // AWS keeps an empty template as null
      bool empty = !entry.value().is_string() || entry.value().get_string().empty();
      copied[entry.key()] = empty ? json::value(nullptr) : entry.value();
    }
  }
  return response;
}

void patch_integration_response(const Patch& patch, json::object& response) {
  if (patch.under("responseParameters") || patch.under("responseTemplates")) return patch_map(patch, response);
  if (!patch.at("selectionPattern") && !patch.at("contentHandling")) throw invalid_patch_path(patch);
  only_edits(patch);
  if (patch.is("remove")) response.erase(patch.segments[0]);
  else if (patch.at("selectionPattern")) response["selectionPattern"] = patch.value_or_empty();
  else replace_text(patch, response, "contentHandling");
}

}  // namespace

Task<service::Reply> RestControl::put_integration(Call& call) {
  return change_resource(call, [input = call.input, account = call.account()](json::object& resource) {
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    json::object integration = new_integration(input, method, account);
    method["methodIntegration"] = integration;
    return integration;
  });
}

Task<service::Reply> RestControl::get_integration(Call& call) {
  return read([scope = scope_of(call), input = call.input](store::Reader& reader) {
    json::object resource =
        require_resource(reader, scope, text_view(input, "restApiId"), text_view(input, "resourceId"));
    return require_integration(require_method(resource, text_view(input, "httpMethod")));
  });
}

Task<service::Reply> RestControl::update_integration(Call& call) {
  return change_resource(call, [name = input_text(call, "httpMethod"), patches = patches_of(call.input),
                                account = call.account()](json::object& resource) {
    json::object& method = require_method(resource, name);
    json::object& integration = require_integration(method);
    for (const Patch& patch : patches) patch_integration(patch, integration, account);
    check_templates(text_view(integration, "type"), integration, "requestTemplates");
    check_request_mappings(integration, method);
    return integration;
  });
}

Task<service::Reply> RestControl::delete_integration(Call& call) {
  return change_resource(call, [name = input_text(call, "httpMethod")](json::object& resource) {
    json::object& method = require_method(resource, name);
    require_integration(method);
    method.erase("methodIntegration");
    return json::object{};
  });
}

Task<service::Reply> RestControl::put_integration_response(Call& call) {
  return change_resource(call, [input = call.input](json::object& resource) {
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    json::object& integration = require_integration(method);
    json::object response = new_response(input);
    check_integration_response(text_view(integration, "type"), response, method);
    object_at(integration, "integrationResponses")[text_view(input, "statusCode")] = response;
    return response;
  });
}

Task<service::Reply> RestControl::get_integration_response(Call& call) {
  return read([scope = scope_of(call), input = call.input](store::Reader& reader) {
    json::object resource =
        require_resource(reader, scope, text_view(input, "restApiId"), text_view(input, "resourceId"));
    json::object& integration = require_integration(require_method(resource, text_view(input, "httpMethod")));
    return require_response(integration, "integrationResponses", text_view(input, "statusCode"));
  });
}

Task<service::Reply> RestControl::update_integration_response(Call& call) {
  return change_resource(call, [input = call.input, patches = patches_of(call.input)](json::object& resource) {
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    json::object& integration = require_integration(method);
    json::object& response = require_response(integration, "integrationResponses", text_view(input, "statusCode"));
    for (const Patch& patch : patches) patch_integration_response(patch, response);
    check_integration_response(text_view(integration, "type"), response, method);
    return response;
  });
}

Task<service::Reply> RestControl::delete_integration_response(Call& call) {
  return change_resource(call, [input = call.input](json::object& resource) {
    // AWS names the integration here, also when it is the method that is not there.
    json::value* methods = resource.if_contains("resourceMethods");
    if (!methods || !methods->as_object().contains(text_view(input, "httpMethod"))) throw integration_not_found();
    json::object& integration = require_integration(require_method(resource, text_view(input, "httpMethod")));
    require_response(integration, "integrationResponses", text_view(input, "statusCode"));
    object_at(integration, "integrationResponses").erase(text_view(input, "statusCode"));
    erase_if_empty(integration, "integrationResponses");
    return json::object{};
  });
}

}  // namespace brume::gateway
