// What API Gateway's operations do to which of its resources, for authorization: its actions are HTTP's methods, its
// resources the paths of its own API.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::gateway {

using service::Access;
using service::Call;
using service::Entry;

/// apigateway:METHOD on the path that the operation has for this input.
std::vector<Access> path_of(const Entry& entry, const Call& call);
/// And iam:PassRole on the role that an integration, or the account, gets.
std::vector<Access> path_with_role(const Entry& entry, const Call& call);

}  // namespace brume::gateway
