#include "observe/logs/input.h"

#include "service/arn.h"
#include "service/operation.h"

namespace brume::observe {

GroupName group_named(const service::Call& call) {
  return {call.account(), call.region, optional_text(call.input, "logGroupName").value_or("")};
}

GroupName group_of_identifier(const service::Call& call, std::string identifier) {
  GroupName name{call.account(), call.region, std::move(identifier)};
  if (!name.name.starts_with("arn:")) return name;
  const auto arn = service::Arn::parse(name.name);
  if (!arn || arn->service != "logs" || arn->kind() != "log-group") throw group_not_found();
  if (!arn->owned_by(call)) {
    // Monitoring accounts, which may see groups of others, do not exist here.
    const std::string action = "logs:" + std::string(call.operation->name);
    throw AwsError(kAccessDenied, service::not_authorized(call, action, name.name, service::Silent::resource_policy));
  }
  if (arn->region != call.region) throw group_not_found();
  std::string_view group = arn->path();
  if (group.ends_with(":*")) group.remove_suffix(2);
  name.name = std::string(group);
  return name;
}

GroupName group_identified(const service::Call& call) {
  const bool named = optional_text(call.input, "logGroupName").has_value();
  std::optional<std::string> identifier = optional_text(call.input, "logGroupIdentifier");
  if (named && identifier)
    throw AwsError(kValidationException, "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  if (!named && !identifier) throw invalid_parameter("Either logGroupName or logGroupIdentifier must be specified.");
  return named ? group_named(call) : group_of_identifier(call, std::move(*identifier));
}

}  // namespace brume::observe
