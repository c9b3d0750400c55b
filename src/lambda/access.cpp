#include "lambda/access.h"

#include "base/error.h"
#include "base/json_members.h"
#include "lambda/function_name.h"
#include "service/access.h"

namespace brume::lambda {
using service::one_access;
namespace {

/// A name that the handler will refuse names a function of the caller's own.
FunctionName name_of(const Call& call) {
  const std::string_view given = text_view(call.input, "FunctionName"), qualifier = text_view(call.input, "Qualifier");
  try {
    return parse_function_name(given, qualifier, call.account(), call.region);
  } catch (const AwsError&) {
    if (auto elsewhere = parse_function_arn(given)) return *elsewhere;
    return {{call.account(), call.region, std::string(given)}, {}};
  }
}

}  // namespace

std::vector<Access> function(const Entry& entry, const Call& call) { return one_access(entry, name_of(call).id.arn()); }

std::vector<Access> function_version(const Entry& entry, const Call& call) {
  return one_access(entry, name_of(call).arn());
}

std::vector<Access> invoked_function(const Entry&, const Call& call) {
  return {{"lambda:InvokeFunction", name_of(call).arn()}};
}

std::vector<Access> function_with_role(const Entry& entry, const Call& call) {
  std::vector<Access> list = function(entry, call);
  service::add_passed_role(list, text_view(call.input, "Role"));
  return list;
}

std::vector<Access> tagged_resource(const Entry& entry, const Call& call) {
  return one_access(entry, service::arn_of(call, "lambda", "function:", text_view(call.input, "Resource")));
}

}  // namespace brume::lambda
