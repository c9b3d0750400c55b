#include "observe/logs/input.h"

namespace brume::observe {

GroupName group_named(const service::Call& call) {
  return {call.account(), call.region, optional_text(call.input, "logGroupName").value_or("")};
}

GroupName group_of_identifier(const service::Call& call, std::string identifier) {
  GroupName name{call.account(), call.region, std::move(identifier)};
  if (!name.name.starts_with("arn:")) return name;
  const std::string own = "arn:aws:logs:" + call.region + ":" + call.account() + ":log-group:";
  if (!name.name.starts_with(own)) throw group_not_found();
  name.name.erase(0, own.size());
  if (name.name.ends_with(":*")) name.name.resize(name.name.size() - 2);
  return name;
}

GroupName group_identified(const service::Call& call) {
  const bool named = optional_text(call.input, "logGroupName").has_value();
  std::optional<std::string> identifier = optional_text(call.input, "logGroupIdentifier");
  if (named && identifier) throw invalid_parameter("Only one of logGroupName and logGroupIdentifier can be specified.");
  if (!named && !identifier) throw invalid_parameter("Either logGroupName or logGroupIdentifier must be specified.");
  return named ? group_named(call) : group_of_identifier(call, std::move(*identifier));
}

}  // namespace brume::observe
