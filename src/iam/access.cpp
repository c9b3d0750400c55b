#include "iam/access.h"

#include "base/json_members.h"
#include "iam/identifiers.h"
#include "service/access.h"
#include "service/arn.h"

namespace brume::iam {
using service::one_access;
namespace {

/// In the path that `member` of the input has, "/" without one.
std::string entity(const Call& call, std::string_view kind, std::string_view name, std::string_view member = "Path") {
  std::string_view path = text_view(call.input, member);
  if (path.empty()) path = "/";
  return iam_arn(service::partition_of(call.region), call.account(), kind, path, name);
}

}  // namespace

std::vector<Access> role(const Entry& entry, const Call& call) {
  return one_access(entry, entity(call, "role", text_view(call.input, "RoleName")));
}

std::vector<Access> user(const Entry& entry, const Call& call) {
  const std::string_view name = text_view(call.input, "UserName");
  if (name.empty()) return one_access(entry, call.caller.arn);
  return one_access(entry, entity(call, "user", name));
}

std::vector<Access> renamed_user(const Entry& entry, const Call& call) {
  std::vector<Access> list = user(entry, call);
  const std::string_view name = text_view(call.input, "NewUserName");
  if (!name.empty()) service::add_access(list, {service::action_of(entry), entity(call, "user", name, "NewPath")});
  return list;
}

std::vector<Access> any_user(const Entry& entry, const Call& call) {
  return one_access(entry, entity(call, "user", "*"));
}

std::vector<Access> made_policy(const Entry& entry, const Call& call) {
  return one_access(entry, entity(call, "policy", text_view(call.input, "PolicyName")));
}

std::vector<Access> policy(const Entry& entry, const Call& call) {
  return one_access(entry, std::string(text_view(call.input, "PolicyArn")));
}

std::vector<Access> assumed_role(const Entry& entry, const Call& call) {
  return one_access(entry, std::string(text_view(call.input, "RoleArn")));
}

}  // namespace brume::iam
