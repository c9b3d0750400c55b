// ARNs and ids of IAM's things.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "service/arn.h"

namespace brume::iam {

/// "arn:PARTITION:iam::ACCOUNT:KIND/path/NAME"; `path` begins and ends with '/'.
std::string iam_arn(std::string_view partition, std::string_view account, std::string_view kind, std::string_view path,
                    std::string_view name);
std::string root_arn(std::string_view partition, std::string_view account);
/// Whether `arn` is the root user of `account`, in whatever partition.
bool is_root(std::string_view arn, std::string_view account);
/// Of a session of the role `role_arn`. "" if that is no role's ARN.
std::string assumed_role_arn(std::string_view role_arn, std::string_view session);

using service::Arn;
using service::is_account;

/// E.g. AROA…: 21 characters, of which the first four name the kind (AROA role, AIDA user, ANPA managed policy).
std::string new_unique_id(Random& random, std::string_view prefix);
/// E.g. AKIA…, ASIA…: 20 characters, in which the account can be read, as in AWS's own.
std::string new_access_key_id(Random& random, std::string_view prefix, std::string_view account);
/// The account in an access key id; nullopt if it is no id of that form.
std::optional<std::string> account_of_access_key(std::string_view access_key_id);
std::string new_secret(Random& random);
std::string new_session_token(Random& random);

}  // namespace brume::iam
