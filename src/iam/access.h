// What the operations of IAM and STS do to whom, for authorization. Calls name users, roles and policies without their
// paths, which ARNs have: what is made has the path of its input, what is there already is named as if it had none, and
// whoever judges looks its path up.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::iam {

using service::Access;
using service::Call;
using service::Entry;

std::vector<Access> role(const Entry& entry, const Call& call);  ///< RoleName
std::vector<Access> user(const Entry& entry, const Call& call);  ///< UserName; the caller without it
std::vector<Access> renamed_user(const Entry& entry, const Call& call);  ///< UserName and NewUserName
std::vector<Access> any_user(const Entry& entry, const Call& call);  ///< whose access key it is nobody has said
std::vector<Access> made_policy(const Entry& entry, const Call& call);  ///< PolicyName
std::vector<Access> policy(const Entry& entry, const Call& call);  ///< PolicyArn
std::vector<Access> assumed_role(const Entry& entry, const Call& call);  ///< RoleArn

}  // namespace brume::iam
