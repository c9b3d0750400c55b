// The one table of Lambda's operations.
#include "lambda/operations.h"

#include <algorithm>
#include <array>

#include "lambda/access.h"
#include "lambda/errors.h"
#include "lambda/impl.h"
#include "lambda/settings.h"
#include "service/access.h"

namespace brume::lambda {
namespace {

using service::Refusal;

constexpr std::string_view kImages = "container images", kVersions = "versions of functions",
                           kBuckets = "function code in S3", kKeys = "customer-managed keys of functions",
                           kDurable = "durable functions", kTenants = "tenant isolation",
                           kNetworks = "functions in a VPC", kJsonLogs = "the JSON log format",
                           kProviders = "capacity providers", kAccelerators = "accelerators";

constexpr std::array kSettingsRefused =
    std::to_array<Refusal>({{"ImageConfig", {}, kImages},
                            {"Layers", {}, "layers"},
                            {"FileSystemConfigs", {}, "file systems of functions"},
                            {"DurableConfig", {}, kDurable},
                            {"KMSKeyArn", {}, kKeys},
                            {"CapacityProviderConfig", {}, kProviders},
                            {"AcceleratorConfig", {}, kAccelerators},
                            {"VpcConfig.SubnetIds", {}, kNetworks},
                            {"VpcConfig.SecurityGroupIds", {}, kNetworks},
                            {"DeadLetterConfig.TargetArn", {}, "dead-letter queues"},
                            {"TracingConfig.Mode", "Active", "X-Ray"},
                            {"SnapStart.ApplyOn", "PublishedVersions", "SnapStart"},
                            {"LoggingConfig.LogFormat", "JSON", kJsonLogs},
                            {"LoggingConfig.ApplicationLogLevel", {}, kJsonLogs},
                            {"LoggingConfig.SystemLogLevel", {}, kJsonLogs}});
constexpr std::array kMakingRefused = std::to_array<Refusal>({{"Publish", {}, kVersions},
                                                              {"PublishTo", {}, kVersions},
                                                              {"PackageType", "Image", kImages},
                                                              {"Code.ImageUri", {}, kImages},
                                                              {"Code.S3Bucket", {}, kBuckets},
                                                              {"Code.S3Key", {}, kBuckets},
                                                              {"Code.S3ObjectVersion", {}, kBuckets},
                                                              {"Code.SourceKMSKeyArn", {}, kKeys},
                                                              {"CodeSigningConfigArn", {}, "code signing"},
                                                              {"TenancyConfig", {}, kTenants}});

template <std::size_t N, std::size_t M>
constexpr std::array<Refusal, N + M> both(const std::array<Refusal, N>& first, const std::array<Refusal, M>& second) {
  std::array<Refusal, N + M> out{};
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), out.begin()));
  return out;
}
constexpr std::array kCreateRefused = both(kMakingRefused, kSettingsRefused);
constexpr Refusal kCodeRefused[] = {{"Publish", {}, kVersions},        {"PublishTo", {}, kVersions},
                                    {"S3Bucket", {}, kBuckets},        {"S3Key", {}, kBuckets},
                                    {"S3ObjectVersion", {}, kBuckets}, {"SourceKMSKeyArn", {}, kKeys}};
constexpr Refusal kInvokeRefused[] = {{"DurableExecutionName", {}, kDurable}, {"TenantId", {}, kTenants}};

}  // namespace

service::Service make_service(Lambda::Impl& impl) {
  using Impl = Lambda::Impl;
  using service::Effect;
  const auto bind = [&impl](Task<service::Reply> (Impl::*method)(service::Call&)) -> service::OperationHandler {
    return [&impl, method](service::Call& call) {
      if (const auto words = service::refused_member(call.operation->refused, call.input)) throw not_supported(*words);
      return (impl.*method)(call);
    };
  };
  constexpr std::string_view settings = "Architectures is recorded, functions run on the host's";
  const auto check_create = [](const boost::json::object& input) { check_runtime("CreateFunction", input); };
  const auto check_update = [](const boost::json::object& input) {
    check_runtime("UpdateFunctionConfiguration", input);
  };
  return {
      &service::lambda_model(),
      {
          {"CreateFunction", Effect::manage, bind(&Impl::create_function), function_with_role, false, settings,
           check_create, kCreateRefused},
          {"GetFunction", Effect::read, bind(&Impl::get_function), function_version, false, {}},
          {"GetFunctionConfiguration",
           Effect::read,
           bind(&Impl::get_function_configuration),
           function_version,
           false,
           {}},
          {"ListFunctions", Effect::read, bind(&Impl::list_functions), service::no_resource, false, {}},
          {"UpdateFunctionCode",
           Effect::manage,
           bind(&Impl::update_function_code),
           function,
           false,
           {},
           nullptr,
           kCodeRefused},
          {"UpdateFunctionConfiguration", Effect::manage, bind(&Impl::update_function_configuration),
           function_with_role, false, settings, check_update, kSettingsRefused},
          {"DeleteFunction", Effect::manage, bind(&Impl::delete_function), function_version, false, "versions"},
          {"Invoke", Effect::data, bind(&Impl::invoke), invoked_function, false,
           "versions and aliases as Qualifier; dead-letter queues and destinations; an interpreter of each runtime's "
           "version: the host's node and python run all of them (the function's log names one of another version)",
           nullptr, kInvokeRefused},
          {"AddPermission", Effect::manage, bind(&Impl::add_permission), function_version, false,
           "policies of versions and aliases"},
          {"RemovePermission", Effect::manage, bind(&Impl::remove_permission), function_version, false,
           "policies of versions and aliases"},
          {"GetPolicy", Effect::read, bind(&Impl::get_policy), function_version, false,
           "policies of versions and aliases"},
          {"PutFunctionConcurrency", Effect::manage, bind(&Impl::put_concurrency), function, false, {}},
          {"GetFunctionConcurrency", Effect::read, bind(&Impl::get_concurrency), function, false, {}},
          {"DeleteFunctionConcurrency", Effect::manage, bind(&Impl::delete_concurrency), function, false, {}},
          {"TagResource", Effect::manage, bind(&Impl::tag_resource), tagged_resource, false,
           "tags of anything but functions"},
          {"UntagResource", Effect::manage, bind(&Impl::untag_resource), tagged_resource, false,
           "tags of anything but functions"},
          {"ListTags", Effect::read, bind(&Impl::list_tags), tagged_resource, false, "tags of anything but functions"},
          {"GetAccountSettings", Effect::read, bind(&Impl::get_account_settings), service::no_resource, false, {}},
      },
      true};
}

}  // namespace brume::lambda
