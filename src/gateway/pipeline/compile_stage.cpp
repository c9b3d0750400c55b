#include <algorithm>
#include <array>
#include <charconv>

#include "base/json_text.h"
#include "gateway/pipeline/compiled_stage.h"
#include "gateway/pipeline/plain_template.h"
#include "gateway/rest/records.h"
#include "net/message/http_message.h"

namespace brume::gateway {

namespace {

/// Headers of the integration's request that a mapping must not set; AWS fails the request.
bool forbidden_mapping(const ParameterTarget& target) {
  constexpr std::array<std::string_view, 4> kForbidden = {"content-length", "transfer-encoding", "x-amzn-trace-id",
                                                          "x-amzn-apigateway-api-id"};
  return target.place == ParameterPlace::header &&
         std::any_of(kForbidden.begin(), kForbidden.end(),
                     [&](std::string_view name) { return net::equal_ignoring_case(name, target.name); });
}

/// Others that fail where AWS's own services are called; Via is just dropped.
bool forbidden_for_functions(const ParameterTarget& target) {
  constexpr std::array<std::string_view, 5> kForbidden = {"authorization", "connection", "expect", "proxy-authenticate",
                                                          "te"};
  return target.place == ParameterPlace::header &&
         std::any_of(kForbidden.begin(), kForbidden.end(),
                     [&](std::string_view name) { return net::equal_ignoring_case(name, target.name); });
}

class Compiler {
 public:
  explicit Compiler(CompiledStage& stage) : stage_(stage) {}

  void add_resource(const json::object& resource) {
    const json::object* methods = object_member(resource, "resourceMethods");
    if (!methods) return;
    for (const auto& entry : *methods) {
      const json::object& method = entry.value().as_object();
      const json::object* integration = object_member(method, "methodIntegration");
      if (!integration) continue;
      Route route;
      route.resource_id = text(resource, "id");
      route.resource_path = text(resource, "path");
      route.method = std::string(entry.key());
      if (const json::value* timeout = integration->if_contains("timeoutInMillis"); timeout && timeout->is_int64())
        route.timeout = std::chrono::milliseconds(timeout->get_int64());
      route.integration = integrate(*integration);
      stage_.table.add(route.resource_path, route.method, static_cast<int>(stage_.routes.size()));
      stage_.routes.push_back(std::move(route));
    }
  }

 private:
  using Integration = decltype(Route::integration);

  std::string resolved(const json::object& owner, std::string_view member) const {
    return with_stage_variables(text_view(owner, member),
                                [this](std::string_view name) { return stage_.variable(name); });
  }

  Integration integrate(const json::object& integration) const {
    std::string_view type = text_view(integration, "type");
    if (type == "AWS_PROXY") return lambda(integration);
    if (type == "HTTP_PROXY") return http(integration);
    if (type == "MOCK") return mock(integration);
    return BrokenIntegration{"integration type " + std::string(type)};
  }

  Integration lambda(const json::object& integration) const {
    for (const RequestMapping& mapping : mappings(integration))
      if (forbidden_mapping(mapping.target) || forbidden_for_functions(mapping.target))
        return BrokenIntegration{"mapping of header " + mapping.target.name};
    if (text_view(integration, "httpMethod") != "POST")
      return BrokenIntegration{"functions are invoked by POST, not " + text(integration, "httpMethod")};
    std::string uri = resolved(integration, "uri");
    auto target = parse_lambda_uri(uri);
    if (!target) return BrokenIntegration{"no function in integration uri " + uri};
    std::string role = resolved(integration, "credentials");
    // Credentials that come to nothing are not no credentials: the function's policy is not asked in their place.
    if (role.empty() && !text(integration, "credentials").empty())
      return BrokenIntegration{"no role in " + std::string(text(integration, "credentials"))};
    return LambdaIntegration{std::move(*target), std::move(role)};
  }

  Integration http(const json::object& integration) const {
    HttpIntegration target;
    target.method = text(integration, "httpMethod");
    target.uri = resolved(integration, "uri");
    target.mappings = mappings(integration);
    target.content_handling = content_handling(integration);
    if (!valid_http_uri(target.uri)) return BrokenIntegration{"Invalid endpoint address " + target.uri};
    for (const RequestMapping& mapping : target.mappings)
      if (forbidden_mapping(mapping.target)) return BrokenIntegration{"mapping of header " + mapping.target.name};
    return target;
  }

  std::vector<RequestMapping> mappings(const json::object& integration) const {
    std::vector<RequestMapping> result;
    if (const json::object* parameters = object_member(integration, "requestParameters"))
      for (const auto& entry : *parameters) {
        auto target = parse_parameter_target(entry.key());
        auto source =
            parse_parameter_source(entry.value().is_string() ? std::string_view(entry.value().get_string()) : "");
        if (target && source) result.push_back({std::move(*target), constant_if_variable(std::move(*source))});
      }
    return result;
  }

  /// Stage variables don't change while this table lives.
  ParameterSource constant_if_variable(ParameterSource source) const {
    if (source.kind != ParameterSource::Kind::stage_variable) return source;
    return {ParameterSource::Kind::constant, std::string(stage_.variable(source.name))};
  }

  static ContentHandling content_handling(const json::object& integration) {
    const std::string_view handling = text_view(integration, "contentHandling");
    if (handling == "CONVERT_TO_BINARY") return ContentHandling::to_binary;
    return handling == "CONVERT_TO_TEXT" ? ContentHandling::to_text : ContentHandling::none;
  }

  Integration mock(const json::object& integration) const {
    MockIntegration target;
    target.content_handling = content_handling(integration);
    std::string_view passthrough = text_view(integration, "passthroughBehavior");
    if (passthrough == "NEVER") target.passthrough = Passthrough::never;
    if (passthrough == "WHEN_NO_TEMPLATES") target.passthrough = Passthrough::when_no_templates;
    if (const json::object* templates = object_member(integration, "requestTemplates"))
      for (const auto& entry : *templates)
        target.templates.emplace_back(
            entry.key(),
            mock_status_code(entry.value().is_string() ? std::string_view(entry.value().get_string()) : ""));
    if (const json::object* responses = object_member(integration, "integrationResponses"))
      for (const auto& entry : *responses) {
        auto response = mock_response(entry.value().as_object());
        if (!response) return BrokenIntegration{"selectionPattern of response " + std::string(entry.key())};
        target.responses.push_back(std::move(*response));
      }
    return target;
  }

  /// nullopt when its pattern is none that can be matched.
  std::optional<MockResponse> mock_response(const json::object& record) const {
    MockResponse response;
    response.content_handling = content_handling(record);
    std::string_view status = text_view(record, "statusCode");
    std::from_chars(status.data(), status.data() + status.size(), response.status);
    if (std::string_view pattern = text_view(record, "selectionPattern"); !pattern.empty()) {
      response.pattern = service::Pattern::compile(pattern);
      if (!response.pattern) return std::nullopt;
    }
    if (const json::object* parameters = object_member(record, "responseParameters"))
      for (const auto& entry : *parameters) {
        auto header = parse_response_header(entry.key());
        auto source =
            parse_parameter_source(entry.value().is_string() ? std::string_view(entry.value().get_string()) : "");
        if (header && source)
          response.headers.emplace_back(std::move(*header), constant_if_variable(std::move(*source)));
      }
    if (const json::object* templates = object_member(record, "responseTemplates"))
      for (const auto& entry : *templates)
        response.templates.emplace_back(entry.key(),
                                        entry.value().is_string() ? std::string(entry.value().get_string()) : "");
    return response;
  }

  CompiledStage& stage_;
};

std::vector<std::string> texts(const json::array* array) {
  std::vector<std::string> result;
  if (array)
    for (const json::value& value : *array)
      if (value.is_string()) result.emplace_back(value.get_string());
  return result;
}

void set_variables(CompiledStage& stage, const json::object* variables) {
  if (variables)
    for (const auto& entry : *variables)
      if (entry.value().is_string()) stage.variables.emplace(entry.key(), entry.value().get_string());
  if (stage.variables.empty()) {
    stage.variables_json = "null";
    return;
  }
  stage.variables_json = "{";
  for (const auto& [name, value] : stage.variables) {
    if (stage.variables_json.size() > 1) stage.variables_json.push_back(',');
    append_json_string(stage.variables_json, name);
    stage.variables_json.push_back(':');
    append_json_string(stage.variables_json, value);
  }
  stage.variables_json.push_back('}');
}

}  // namespace

std::shared_ptr<const CompiledStage> compile_stage(const json::object& api, const json::object& stage,
                                                   const json::object& frozen) {
  auto compiled = std::make_shared<CompiledStage>();
  compiled->account = text(api, "account");
  compiled->region = text(api, "region");
  compiled->api = text(api, "id");
  compiled->stage = text(stage, "stageName");
  compiled->deployment = text(stage, "deploymentId");
  set_variables(*compiled, object_member(stage, "variables"));
  if (const json::object* settings = object_member(frozen, "api")) {
    compiled->api_name = text(*settings, "name");
    compiled->endpoint_disabled = flag(*settings, "disableExecuteApiEndpoint");
    compiled->binary = BinaryMediaTypes(texts(array_member(*settings, "binaryMediaTypes")));
  }
  // A private API is reached through VPC endpoints alone, which do not exist here. The API's own record decides, not what
  // was deployed: it may have become private since.
  if (const json::object* endpoint = object_member(api, "endpointConfiguration"))
    if (const json::array* types = array_member(*endpoint, "types"))
      for (const json::value& type : *types)
        compiled->endpoint_disabled = compiled->endpoint_disabled || type == json::value("PRIVATE");
  Compiler compiler(*compiled);
  if (const json::array* resources = array_member(frozen, "resources"))
    for (const json::value& resource : *resources) compiler.add_resource(resource.as_object());
  return compiled;
}

}  // namespace brume::gateway
