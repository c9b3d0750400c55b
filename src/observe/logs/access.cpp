#include "observe/logs/access.h"

#include "base/json_members.h"
#include "service/access.h"
#include "service/arn.h"

namespace brume::observe {
namespace {

/// From logGroupName, or from logGroupIdentifier, a name or an ARN with or without ":*".
std::string group_arn(const Call& call) {
  std::string_view name = text_view(call.input, "logGroupName");
  if (name.empty()) name = text_view(call.input, "logGroupIdentifier");
  std::string arn = service::arn_of(call, "logs", "log-group:", name);
  if (arn.ends_with(":*")) arn.resize(arn.size() - 2);
  return arn;
}

}  // namespace

std::vector<Access> log_group(const Entry& entry, const Call& call) {
  return service::one_access(entry, group_arn(call) + ":log-stream:");
}

std::vector<Access> log_stream(const Entry& entry, const Call& call) {
  return service::one_access(entry,
                             group_arn(call).append(":log-stream:").append(text_view(call.input, "logStreamName")));
}

}  // namespace brume::observe
