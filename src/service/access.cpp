#include "service/access.h"

#include <algorithm>

#include "service/arn.h"

namespace brume::service {

std::string action_of(const Entry& entry) {
  return std::string(entry.model->signing_name) + ":" + std::string(entry.shape->name);
}

std::vector<Access> one_access(const Entry& entry, std::string resource) {
  return {{action_of(entry), std::move(resource)}};
}

std::vector<Access> no_resource(const Entry& entry, const Call&) { return one_access(entry, "*"); }

std::string arn_of(const Call& call, std::string_view service, std::string_view kind, std::string_view text) {
  if (Arn::parse(text)) return std::string(text);
  return make_arn(service, call.region, call.account(), std::string(kind) + std::string(text));
}

void add_access(std::vector<Access>& list, Access access) {
  const auto same = [&](const Access& other) {
    return other.action == access.action && other.resource == access.resource;
  };
  if (std::ranges::none_of(list, same)) list.push_back(std::move(access));
}

void add_passed_role(std::vector<Access>& list, std::string_view role_arn) {
  if (!role_arn.empty()) add_access(list, {"iam:PassRole", std::string(role_arn)});
}

}  // namespace brume::service
