#include "gateway/operations.h"

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
      {"CreateRestApi", Effect::manage, to(&RestControl::create_rest_api), false,
       "minimumCompressionSize; other values of securityPolicy than TLS_1_2 (both refused)", nullptr, kApiRefused},
      {"GetRestApi", Effect::read, to(&RestControl::get_rest_api)},
      {"GetRestApis", Effect::read, to(&RestControl::get_rest_apis)},
      {"UpdateRestApi", Effect::manage, to(&RestControl::update_rest_api), false,
       "policy, minimumCompressionSize, apiKeySource AUTHORIZER, vpcEndpointIds"},
      {"DeleteRestApi", Effect::manage, to(&RestControl::delete_rest_api)},

      {"CreateResource", Effect::manage, to(&RestControl::create_resource)},
      {"GetResource", Effect::read, to(&RestControl::get_resource)},
      {"GetResources", Effect::read, to(&RestControl::get_resources)},
      {"UpdateResource", Effect::manage, to(&RestControl::update_resource)},
      {"DeleteResource", Effect::manage, to(&RestControl::delete_resource)},

      {"PutMethod", Effect::manage, to(&RestControl::put_method), false,
       "authorizers; request validators; models other than Empty and Error", nullptr, kMethodRefused},
      {"GetMethod", Effect::read, to(&RestControl::get_method)},
      {"UpdateMethod", Effect::manage, to(&RestControl::update_method), false,
       "apiKeyRequired, authorizationType other than NONE, request validators, models other than Empty and Error"},
      {"DeleteMethod", Effect::manage, to(&RestControl::delete_method)},
      {"PutMethodResponse", Effect::manage, to(&RestControl::put_method_response)},
      {"GetMethodResponse", Effect::read, to(&RestControl::get_method_response)},
      {"UpdateMethodResponse", Effect::manage, to(&RestControl::update_method_response)},
      {"DeleteMethodResponse", Effect::manage, to(&RestControl::delete_method_response)},

      {"PutIntegration", Effect::manage, to(&RestControl::put_integration), false,
       "mapping templates with VTL; Firehose", nullptr, kIntegrationRefused},
      {"GetIntegration", Effect::read, to(&RestControl::get_integration)},
      {"UpdateIntegration", Effect::manage, to(&RestControl::update_integration), false,
       "mapping templates with VTL, VPC links, tlsConfig"},
      {"DeleteIntegration", Effect::manage, to(&RestControl::delete_integration)},
      {"PutIntegrationResponse", Effect::manage, to(&RestControl::put_integration_response), false,
       "mapping templates with VTL"},
      {"GetIntegrationResponse", Effect::read, to(&RestControl::get_integration_response)},
      {"UpdateIntegrationResponse", Effect::manage, to(&RestControl::update_integration_response), false,
       "mapping templates with VTL"},
      {"DeleteIntegrationResponse", Effect::manage, to(&RestControl::delete_integration_response)},

      {"CreateDeployment", Effect::manage, to(&RestControl::create_deployment), false, {}, nullptr, kDeploymentRefused},
      {"GetDeployment", Effect::read, to(&RestControl::get_deployment)},
      {"GetDeployments", Effect::read, to(&RestControl::get_deployments)},
      {"UpdateDeployment", Effect::manage, to(&RestControl::update_deployment)},
      {"DeleteDeployment", Effect::manage, to(&RestControl::delete_deployment)},

      {"CreateStage", Effect::manage, to(&RestControl::create_stage), false, {}, nullptr, kStageRefused},
      {"GetStage", Effect::read, to(&RestControl::get_stage)},
      {"GetStages", Effect::read, to(&RestControl::get_stages)},
      {"UpdateStage", Effect::manage, to(&RestControl::update_stage), false,
       "throttling, caching, execution and access logs, client certificates, canary releases, X-Ray tracing"},
      {"DeleteStage", Effect::manage, to(&RestControl::delete_stage)},

      {"GetAccount", Effect::read, to(&RestControl::get_account)},
      {"UpdateAccount", Effect::manage, to(&RestControl::update_account)},
      {"TagResource", Effect::manage, to(&RestControl::tag_resource)},
      {"UntagResource", Effect::manage, to(&RestControl::untag_resource)},
      {"GetTags", Effect::read, to(&RestControl::get_tags)},
  };
}

}  // namespace brume::gateway
