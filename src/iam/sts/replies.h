// What STS's operations have in common.
#pragma once

#include "iam/credentials.h"
#include "iam/records.h"

namespace brume::iam {

/// The model's Credentials.
json::object credentials_output(const StoredCredential& credential);
/// There are no MFA devices, so no code is right. Errors: AccessDenied.
void refuse_mfa(const json::object& input);

}  // namespace brume::iam
