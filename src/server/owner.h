// The server's owner: who may see and do what belongs to the server itself rather than to an account.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "iam/iam.h"
#include "observe/audit.h"
#include "service/call.h"

namespace brume::server {

/// The service in the scope of signatures for /_brume/.
inline constexpr std::string_view kOwnSigningName = "brume";

/// Whether `caller` is the owner: the root or a user of the server's own account, as `brume keys create` makes them.
/// Sessions of roles are not, nor are other accounts.
bool is_owner(const service::Caller& caller, std::string_view server_account);

/// An access key for whoever can write the data folder, through the socket in it or with the server stopped.
struct KeyWish {
  std::string account;  ///< 12 digits
  std::string user;     ///< made if absent
  std::string region;   ///< of the audit record
};
/// Makes the key and records it: who has it must find the record. Errors: AwsError, StoreError.
Task<iam::StoredCredential> create_key(iam::Iam& iam, observe::Audit& audit, const Clock& clock, KeyWish wish);

}  // namespace brume::server
