// One stage as the request path wants it: deployment and stage variables worked into an immutable table.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/pipeline/binary_media.h"
#include "gateway/pipeline/integration_uri.h"
#include "gateway/pipeline/mapping.h"
#include "gateway/pipeline/route_table.h"
#include "service/pattern.h"

namespace brume::gateway {

struct LambdaIntegration {
  LambdaTarget target;
  std::string role_arn;  ///< the integration's credentials, "" for none
};

struct RequestMapping {
  ParameterTarget target;
  ParameterSource source;
};

/// What an integration wants made of a request's body; "" is none.
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
enum class ContentHandling : std::uint8_t { none, to_binary, to_text };

struct HttpIntegration {
  std::string method;  ///< "" or ANY: the request's own
  std::string uri;     ///< stage variables replaced; {name} stands for a mapped path parameter
  std::vector<RequestMapping> mappings;
  ContentHandling content_handling = ContentHandling::none;
};

enum class Passthrough : std::uint8_t { when_no_match, when_no_templates, never };

struct MockResponse {
  std::optional<service::Pattern> pattern;  ///< on the status code; none: the default response
  int status = 200;
  std::vector<std::pair<std::string, ParameterSource>> headers;  ///< constants, stage variables, context
  std::vector<std::pair<std::string, std::string>> templates;    ///< content type → text
  ContentHandling content_handling = ContentHandling::none;  ///< to_binary: the text is base64 of the body
};

struct MockIntegration {
  Passthrough passthrough = Passthrough::when_no_match;
  ContentHandling content_handling = ContentHandling::none;
  /// Content type → status code that the template gives, nullopt when it gives none.
  std::vector<std::pair<std::string, std::optional<int>>> templates;
  std::vector<MockResponse> responses;
};

/// Configuration that can't be served; requests get 500 and `reason` goes to the log, as with AWS.
struct BrokenIntegration {
  std::string reason;
};

struct Route {
  std::string resource_id;
  std::string resource_path;  ///< "/pets/{id}"
  std::string method;         ///< as configured; may be ANY
  std::chrono::milliseconds timeout{29'000};
  std::variant<LambdaIntegration, HttpIntegration, MockIntegration, BrokenIntegration> integration;
};

struct CompiledStage {
  std::string account;
  std::string region;
  std::string api;
  std::string api_name;
  std::string stage;
  std::string deployment;
  bool endpoint_disabled = false;
  BinaryMediaTypes binary;
  std::map<std::string, std::string, std::less<>> variables;
  std::string variables_json;  ///< JSON text of the event's stageVariables: an object, or null
  RouteTable table;            ///< indices into `routes`
  std::vector<Route> routes;

  std::string_view variable(std::string_view name) const {
    auto found = variables.find(name);
    return found == variables.end() ? std::string_view{} : std::string_view(found->second);
  }
};

/// Compiles a stage record and the frozen API that its deployment points to (gateway/keys.h). Pure.
std::shared_ptr<const CompiledStage> compile_stage(const boost::json::object& api, const boost::json::object& stage,
                                                   const boost::json::object& frozen);

}  // namespace brume::gateway
