// What Lambda's operations do to which functions, for authorization.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::lambda {

using service::Access;
using service::Call;
using service::Entry;

std::vector<Access> function(const Entry& entry, const Call& call);           ///< FunctionName, as a whole
std::vector<Access> function_version(const Entry& entry, const Call& call);   ///< with its version or alias
std::vector<Access> invoked_function(const Entry& entry, const Call& call);   ///< lambda:InvokeFunction
std::vector<Access> function_with_role(const Entry& entry, const Call& call); ///< and iam:PassRole on Role
std::vector<Access> tagged_resource(const Entry& entry, const Call& call);    ///< Resource, an ARN

}  // namespace brume::lambda
