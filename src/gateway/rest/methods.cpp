// Methods and method responses.
#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "gateway/errors.h"
#include "gateway/rest/change_resource.h"

namespace brume::gateway {

namespace {

constexpr std::array<std::string_view, 8> kHttpMethods = {"GET",   "PUT",     "POST", "DELETE",
                                                          "PATCH", "OPTIONS", "HEAD", "ANY"};

void check_http_method(std::string_view name) {
  if (std::find(kHttpMethods.begin(), kHttpMethods.end(), name) == kHttpMethods.end())
    throw bad_request("Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY");
}

/// Security is never ignored: a method that is to be protected by what is not there is refused.
void check_authorization(std::string_view type) {
  if (type == "NONE") return;
  if (type == "AWS_IAM") throw not_supported("authorizationType AWS_IAM (IAM authorization of methods)");  // in a patch
  // Authorizers can't be created yet, so no id names one; AWS answers in the same way.
  if (type == "CUSTOM" || type == "COGNITO_USER_POOLS")
    throw bad_request(
        "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
        "COGNITO_USER_POOLS requires a valid authorizer.");
  throw bad_request("Invalid Authorization Type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS");
}

void check_api_key(bool required) {
  if (required) throw not_supported("apiKeyRequired (API keys and usage plans)");
}

/// Every API has these two models; CreateModel does not exist yet.
void check_model(std::string_view name) {
  if (name != "Empty" && name != "Error") throw bad_request("Invalid model identifier specified: " + std::string(name));
}

void check_models(const json::object& owner, std::string_view member) {
  if (const json::object* models = object_member(owner, member))
    for (const auto& model : *models)
      if (model.value().is_string()) check_model(model.value().get_string());
}

void check_parameter_name(std::string_view name) {
  for (std::string_view prefix : {"method.request.path.", "method.request.querystring.", "method.request.header.",
                                  "method.request.multivaluequerystring.", "method.request.multivalueheader."})
    if (name.starts_with(prefix) && name.size() > prefix.size()) return;
  throw bad_request(
      "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
      "expression parameter specified: " +
      std::string(name) + "]");
}

void check_request_parameters(const json::object& method) {
  const json::object* parameters = object_member(method, "requestParameters");
  if (!parameters) return;
  std::set<std::string, std::less<>> names;
  for (const auto& parameter : *parameters) {
    std::string_view name = parameter.key();
    check_parameter_name(name);
    std::size_t place_end = name.find('.', std::string_view("method.request.").size());
    if (!names.emplace(name.substr(place_end + 1)).second)
      throw bad_request("Parameter names must be unique across querystring, header and path");
  }
}

/// "none" is NONE.
std::string authorization_type(std::string_view given) {
  std::string type(given);
  for (char& c : type) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return type;
}

json::object new_method(const json::object& input) {
  const std::string authorization = authorization_type(text_view(input, "authorizationType"));
  check_authorization(authorization);
  if (!text_view(input, "requestValidatorId").empty())
    throw bad_request("Invalid Request Validator identifier specified");
  check_models(input, "requestModels");
  check_request_parameters(input);
  json::object method;
  for (std::string_view member : {"httpMethod", "operationName", "requestParameters", "requestModels"})
    copy_member(input, method, member);
  method["authorizationType"] = authorization;
  method["apiKeyRequired"] = false;
  erase_if_empty(method, "requestParameters");
  erase_if_empty(method, "requestModels");
  return method;
}

void patch_entry(const Patch& patch, json::object& owner, json::value value) {
  only_edits(patch);
  const std::string& member = patch.segments[0];
  if (patch.is("remove")) {
    if (object_member(owner, member)) object_at(owner, member).erase(patch.key());
    erase_if_empty(owner, member);
  } else {
    object_at(owner, member)[patch.key()] = std::move(value);
  }
}

void patch_method(const Patch& patch, json::object& method) {
  if (patch.at("authorizationType")) {
    only_replace(patch);
    const std::string type = authorization_type(patch.value_or_empty());
    check_authorization(type);
    method["authorizationType"] = type;
  } else if (patch.at("authorizerId")) {
    only_replace(patch);  // without a CUSTOM type AWS takes no notice of it
  } else if (patch.at("apiKeyRequired")) {
    only_replace(patch);
    check_api_key(patch.truth());
  } else if (patch.at("operationName")) {
    only_replace(patch);
    replace_text(patch, method, "operationName");
  } else if (patch.at("requestValidatorId")) {
    only_replace(patch);
    if (!patch.value_or_empty().empty()) throw bad_request("Invalid Request Validator identifier specified");
  } else if (patch.under("requestParameters")) {
    check_parameter_name(patch.key());
    patch_entry(patch, method, patch.truth());
  } else if (patch.under("requestModels")) {
    if (!patch.is("remove")) check_model(patch.value_or_empty());
    patch_entry(patch, method, json::value(patch.value_or_empty()));
  } else {
    throw invalid_patch_path(patch);
  }
}

void check_response_parameters(const json::object& response) {
  if (const json::object* parameters = object_member(response, "responseParameters"))
    for (const auto& parameter : *parameters)
      if (!std::string_view(parameter.key()).starts_with("method.response.header."))
        throw bad_request(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid "
            "mapping expression specified: " +
            std::string(parameter.key()) + "]");
}

void patch_response(const Patch& patch, json::object& response) {
  bool parameters = patch.under("responseParameters");
  if (!parameters && !patch.under("responseModels")) throw invalid_patch_path(patch);
  only_edits(patch);
  const json::object* present = object_member(response, patch.segments[0]);
  if (!patch.is("add") && !(present && present->contains(patch.key())))
    throw not_found(parameters ? "Invalid parameter name specified" : "Content-Type specified was not found");
  if (!parameters && !patch.is("remove")) check_model(patch.value_or_empty());
  patch_entry(patch, response, parameters ? json::value(patch.truth()) : json::value(patch.value_or_empty()));
  check_response_parameters(response);
}

}  // namespace

Task<service::Reply> RestControl::put_method(Call& call) {
  return change_resource(call, [input = call.input](json::object& resource) {
    std::string_view name = text_view(input, "httpMethod");
    check_http_method(name);
    json::object& methods = object_at(resource, "resourceMethods");
    if (methods.contains(name)) throw conflict("Method already exists for this resource");
    json::object method = new_method(input);
    methods[name] = method;
    return method;
  });
}

Task<service::Reply> RestControl::get_method(Call& call) {
  return read([scope = scope_of(call), input = call.input](store::Reader& reader) {
    json::object resource =
        require_resource(reader, scope, text_view(input, "restApiId"), text_view(input, "resourceId"));
    return require_method(resource, text_view(input, "httpMethod"));
  });
}

Task<service::Reply> RestControl::update_method(Call& call) {
  return change_resource(
      call, [name = input_text(call, "httpMethod"), patches = patches_of(call.input)](json::object& resource) {
        json::object& method = require_method(resource, name);
        for (const Patch& patch : patches) patch_method(patch, method);
        check_request_parameters(method);
        return method;
      });
}

Task<service::Reply> RestControl::delete_method(Call& call) {
  return change_resource(call, [name = input_text(call, "httpMethod")](json::object& resource) {
    require_method(resource, name);
    object_at(resource, "resourceMethods").erase(name);
    return json::object{};
  });
}

Task<service::Reply> RestControl::put_method_response(Call& call) {
  return change_resource(call, [input = call.input](json::object& resource) {
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    json::object& responses = object_at(method, "methodResponses");
    std::string_view status = text_view(input, "statusCode");
    if (responses.contains(status)) throw conflict("Response already exists for this resource");
    check_response_parameters(input);
    check_models(input, "responseModels");
    json::object response;
    for (std::string_view member : {"statusCode", "responseParameters", "responseModels"})
      copy_member(input, response, member);
    responses[status] = response;
    return response;
  });
}

Task<service::Reply> RestControl::get_method_response(Call& call) {
  return read([scope = scope_of(call), input = call.input](store::Reader& reader) {
    json::object resource =
        require_resource(reader, scope, text_view(input, "restApiId"), text_view(input, "resourceId"));
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    return require_response(method, "methodResponses", text_view(input, "statusCode"));
  });
}

Task<service::Reply> RestControl::update_method_response(Call& call) {
  return change_resource(call, [input = call.input, patches = patches_of(call.input)](json::object& resource) {
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    json::object& response = require_response(method, "methodResponses", text_view(input, "statusCode"));
    for (const Patch& patch : patches) patch_response(patch, response);
    return response;
  });
}

Task<service::Reply> RestControl::delete_method_response(Call& call) {
  return change_resource(call, [input = call.input](json::object& resource) {
    json::object& method = require_method(resource, text_view(input, "httpMethod"));
    require_response(method, "methodResponses", text_view(input, "statusCode"));
    object_at(method, "methodResponses").erase(text_view(input, "statusCode"));
    erase_if_empty(method, "methodResponses");
    return json::object{};
  });
}

}  // namespace brume::gateway
