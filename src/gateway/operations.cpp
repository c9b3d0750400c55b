#include "gateway/operations.h"

#include "gateway/access.h"
#include "gateway/errors.h"
#include "gateway/rest/control.h"

namespace brume::gateway {
namespace {

using service::Refusal;

constexpr std::string_view kVtl = "mapping templates with VTL; use HTTP_PROXY, AWS_PROXY or MOCK";

constexpr Refusal kApiRefused[] = {{"policy", {}, "resource policies of REST APIs"},
                                   {"apiKeySource", "AUTHORIZER", "API keys"},
                                   {"endpointAccessMode", "STRICT", "access modes of endpoints"},
                                   {"endpointConfiguration.vpcEndpointIds", {}, "VPC endpoints"}};
constexpr Refusal kMethodRefused[] = {{"apiKeyRequired", {}, "API keys and usage plans"},
                                      {"authorizationType", "AWS_IAM", "IAM authorization of methods"}};
constexpr Refusal kIntegrationRefused[] = {{"type", "HTTP", kVtl},
                                           {"type", "AWS", kVtl},
                                           {"connectionType", "VPC_LINK", "VPC links"},
                                           {"tlsConfig.insecureSkipVerification", {}, "calls without verification"},
                                           {"responseTransferMode", "STREAM", "streamed responses"},
                                           {"integrationTarget", {}, "VPC links"}};
constexpr Refusal kStageRefused[] = {{"cacheClusterEnabled", {}, "response caching"},
                                     {"canarySettings", {}, "canary releases"},
                                     {"tracingEnabled", {}, "X-Ray tracing"},
                                     {"documentationVersion", {}, "API documentation"}};
constexpr Refusal kDeploymentRefused[] = {{"cacheClusterEnabled", {}, "response caching"},
                                          {"canarySettings", {}, "canary releases"},
                                          {"tracingEnabled", {}, "X-Ray tracing"}};

}  // namespace

std::vector<service::Operation> operations(RestControl& control) {
  using service::Effect;
  using Handler = Task<service::Reply> (RestControl::*)(service::Call&);
  auto to = [&control](Handler handler) -> service::OperationHandler {
    return [&control, handler](service::Call& call) {
      if (const auto words = service::refused_member(call.operation->refused, call.input)) throw not_supported(*words);
      return (control.*handler)(call);
    };
  };
  return {
      {"CreateRestApi", Effect::manage, to(&RestControl::create_rest_api), path_of, false,
       "minimumCompressionSize; other values of securityPolicy than TLS_1_2 (both refused)", nullptr, kApiRefused},
      {"GetRestApi", Effect::read, to(&RestControl::get_rest_api), path_of},
      {"GetRestApis", Effect::read, to(&RestControl::get_rest_apis), path_of},
      {"UpdateRestApi", Effect::manage, to(&RestControl::update_rest_api), path_of, false,
       "policy, minimumCompressionSize, apiKeySource AUTHORIZER, vpcEndpointIds"},
      {"DeleteRestApi", Effect::manage, to(&RestControl::delete_rest_api), path_of},

      {"CreateResource", Effect::manage, to(&RestControl::create_resource), path_of},
      {"GetResource", Effect::read, to(&RestControl::get_resource), path_of},
      {"GetResources", Effect::read, to(&RestControl::get_resources), path_of},
      {"UpdateResource", Effect::manage, to(&RestControl::update_resource), path_of},
      {"DeleteResource", Effect::manage, to(&RestControl::delete_resource), path_of},

      {"PutMethod", Effect::manage, to(&RestControl::put_method), path_of, false,
       "authorizers; request validators; models other than Empty and Error", nullptr, kMethodRefused},
      {"GetMethod", Effect::read, to(&RestControl::get_method), path_of},
      {"UpdateMethod", Effect::manage, to(&RestControl::update_method), path_of, false,
       "apiKeyRequired, authorizationType other than NONE, request validators, models other than Empty and Error"},
      {"DeleteMethod", Effect::manage, to(&RestControl::delete_method), path_of},
      {"PutMethodResponse", Effect::manage, to(&RestControl::put_method_response), path_of},
      {"GetMethodResponse", Effect::read, to(&RestControl::get_method_response), path_of},
      {"UpdateMethodResponse", Effect::manage, to(&RestControl::update_method_response), path_of},
      {"DeleteMethodResponse", Effect::manage, to(&RestControl::delete_method_response), path_of},

      {"PutIntegration", Effect::manage, to(&RestControl::put_integration), path_with_role, false,
       "mapping templates with VTL; Firehose", nullptr, kIntegrationRefused},
      {"GetIntegration", Effect::read, to(&RestControl::get_integration), path_of},
      {"UpdateIntegration", Effect::manage, to(&RestControl::update_integration), path_with_role, false,
       "mapping templates with VTL, VPC links, tlsConfig"},
      {"DeleteIntegration", Effect::manage, to(&RestControl::delete_integration), path_of},
      {"PutIntegrationResponse", Effect::manage, to(&RestControl::put_integration_response), path_of, false,
       "mapping templates with VTL"},
      {"GetIntegrationResponse", Effect::read, to(&RestControl::get_integration_response), path_of},
      {"UpdateIntegrationResponse", Effect::manage, to(&RestControl::update_integration_response), path_of, false,
       "mapping templates with VTL"},
      {"DeleteIntegrationResponse", Effect::manage, to(&RestControl::delete_integration_response), path_of},

      {"CreateDeployment",
       Effect::manage,
       to(&RestControl::create_deployment),
       path_of,
       false,
       {},
       nullptr,
       kDeploymentRefused},
      {"GetDeployment", Effect::read, to(&RestControl::get_deployment), path_of},
      {"GetDeployments", Effect::read, to(&RestControl::get_deployments), path_of},
      {"UpdateDeployment", Effect::manage, to(&RestControl::update_deployment), path_of},
      {"DeleteDeployment", Effect::manage, to(&RestControl::delete_deployment), path_of},

      {"CreateStage", Effect::manage, to(&RestControl::create_stage), path_of, false, {}, nullptr, kStageRefused},
      {"GetStage", Effect::read, to(&RestControl::get_stage), path_of},
      {"GetStages", Effect::read, to(&RestControl::get_stages), path_of},
      {"UpdateStage", Effect::manage, to(&RestControl::update_stage), path_of, false,
       "throttling, caching, execution and access logs, client certificates, canary releases, X-Ray tracing"},
      {"DeleteStage", Effect::manage, to(&RestControl::delete_stage), path_of},

      {"GetAccount", Effect::read, to(&RestControl::get_account), path_of},
      {"UpdateAccount", Effect::manage, to(&RestControl::update_account), path_with_role},
      {"TagResource", Effect::manage, to(&RestControl::tag_resource), path_of},
      {"UntagResource", Effect::manage, to(&RestControl::untag_resource), path_of},
      {"GetTags", Effect::read, to(&RestControl::get_tags), path_of},
  };
}

}  // namespace brume::gateway
