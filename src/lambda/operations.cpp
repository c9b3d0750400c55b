// The one table of Lambda's operations.
#include "lambda/operations.h"

#include "lambda/impl.h"

namespace brume::lambda {

service::Service make_service(Lambda::Impl& impl) {
  using Impl = Lambda::Impl;
  using service::Effect;
  const auto bind = [&impl](Task<service::Reply> (Impl::*method)(service::Call&)) -> service::OperationHandler {
    return [&impl, method](service::Call& call) { return (impl.*method)(call); };
  };
  constexpr std::string_view settings =
      "layers, container images, S3 code, versions (Publish), VPC, file systems, dead-letter queues, active tracing, "
      "SnapStart, the JSON log format (each refused by name); Architectures is recorded, functions run on the host's";
  return {
      &service::lambda_model(),
      {
          {"CreateFunction", Effect::manage, bind(&Impl::create_function), false, settings},
          {"GetFunction", Effect::read, bind(&Impl::get_function), false, {}},
          {"GetFunctionConfiguration", Effect::read, bind(&Impl::get_function_configuration), false, {}},
          {"ListFunctions", Effect::read, bind(&Impl::list_functions), false, {}},
          {"UpdateFunctionCode", Effect::manage, bind(&Impl::update_function_code), false,
           "S3 code, container images, Publish"},
          {"UpdateFunctionConfiguration", Effect::manage, bind(&Impl::update_function_configuration), false, settings},
          {"DeleteFunction", Effect::manage, bind(&Impl::delete_function), false, "versions"},
          {"Invoke", Effect::data, bind(&Impl::invoke), false,
           "versions and aliases as Qualifier; dead-letter queues and destinations; an interpreter of each runtime's "
           "version: the host's node and python run all of them (the function's log names one of another version)"},
          {"AddPermission", Effect::manage, bind(&Impl::add_permission), false, "policies of versions and aliases"},
          {"RemovePermission", Effect::manage, bind(&Impl::remove_permission), false,
           "policies of versions and aliases"},
          {"GetPolicy", Effect::read, bind(&Impl::get_policy), false, "policies of versions and aliases"},
          {"PutFunctionConcurrency", Effect::manage, bind(&Impl::put_concurrency), false, {}},
          {"GetFunctionConcurrency", Effect::read, bind(&Impl::get_concurrency), false, {}},
          {"DeleteFunctionConcurrency", Effect::manage, bind(&Impl::delete_concurrency), false, {}},
          {"TagResource", Effect::manage, bind(&Impl::tag_resource), false, "tags of anything but functions"},
          {"UntagResource", Effect::manage, bind(&Impl::untag_resource), false, "tags of anything but functions"},
          {"ListTags", Effect::read, bind(&Impl::list_tags), false, "tags of anything but functions"},
          {"GetAccountSettings", Effect::read, bind(&Impl::get_account_settings), false, {}},
      },
      true};
}

}  // namespace brume::lambda
