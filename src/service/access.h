// What the rows' resource_of have in common. Facts: AWS's Service Authorization Reference, "Actions, resources, and
// condition keys".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/operation.h"

namespace brume::service {

/// "SERVICE:OPERATION", what most operations need.
std::string action_of(const Entry& entry);

/// That action on one resource.
std::vector<Access> one_access(const Entry& entry, std::string resource);

/// Of operations for which AWS knows no resource: "*".
std::vector<Access> no_resource(const Entry& entry, const Call& call);

/// `text` if it is an ARN, of whatever account, else the ARN of `kind` + `text` in the call's account and region.
std::string arn_of(const Call& call, std::string_view service, std::string_view kind, std::string_view text);

/// Adds what is not in the list yet.
void add_access(std::vector<Access>& list, Access access);

/// Handing a role to a service: iam:PassRole. Nothing for "".
void add_passed_role(std::vector<Access>& list, std::string_view role_arn);

}  // namespace brume::service
