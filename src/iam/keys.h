// Where IAM's data lies in the store. Every key starts with store::kIamSpace and one letter; \0 ends a part of variable
// length (names and ARNs hold none). Names are looked up without regard to case, so keys hold them in lower case. KIND
// is 'r' for a role, 'u' for a user.
//
//   i KIND ACCOUNT \0 NAME                       role or user: members of the model's Role or User
//   i n KIND ACCOUNT \0 NAME \0 POLICY           inline policy: PolicyName, PolicyDocument
//   i a KIND ACCOUNT \0 NAME \0 POLICY-ARN       attached managed policy: PolicyName, PolicyArn
//   i b ACCOUNT \0 POLICY-ARN \0 KIND NAME       the same the other way round, empty value
//   i p ACCOUNT \0 NAME                          managed policy: members of the model's Policy, LastVersion
//   i v ACCOUNT \0 NAME \0 u32 NUMBER            one version of it: Document, VersionId, CreateDate
//   i k ACCESS-KEY-ID                            a user's key or temporary credentials (credentials.h)
//   i l ACCOUNT \0 USER \0 ACCESS-KEY-ID         a user's keys, empty value
//   i e u64 EXPIRY ACCESS-KEY-ID                 temporary credentials by the end of their life (Unix ms), empty value
//   i o                                          this installation: CreateDate
//   i w ACCOUNT                                  no value: the lock of all changes of one account
//
// A value is one byte of format version and a JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/store.h"

namespace brume::iam {

/// Roles and users are much alike: both have inline and attached policies.
enum class Kind : char { role = 'r', user = 'u' };

std::string entity_prefix(Kind kind, std::string_view account);
std::string entity_key(Kind kind, std::string_view account, std::string_view name);
std::string inline_prefix(Kind kind, std::string_view account, std::string_view name);
std::string inline_key(Kind kind, std::string_view account, std::string_view name, std::string_view policy);
std::string attached_prefix(Kind kind, std::string_view account, std::string_view name);
std::string attached_key(Kind kind, std::string_view account, std::string_view name, std::string_view policy_arn);
std::string attachment_prefix(std::string_view account);
std::string attachment_prefix(std::string_view account, std::string_view policy_arn);
std::string attachment_key(std::string_view account, std::string_view policy_arn, Kind kind, std::string_view name);

std::string policy_prefix(std::string_view account);
std::string policy_key(std::string_view account, std::string_view name);
std::string version_prefix(std::string_view account, std::string_view name);
std::string version_key(std::string_view account, std::string_view name, std::uint32_t number);

std::string credential_key(std::string_view access_key_id);
store::Range credential_records();
store::Range role_records();
std::string user_key_prefix(std::string_view account, std::string_view user);
std::string user_key_key(std::string_view account, std::string_view user, std::string_view access_key_id);
std::string expiry_prefix();
std::string expiry_key(std::uint64_t expiry_millis, std::string_view access_key_id);
/// The parts of an expiry_key.
std::uint64_t expiry_of(std::string_view key);
std::string_view access_key_of_expiry(std::string_view key);

std::string installation_key();
std::string account_lock(std::string_view account);

}  // namespace brume::iam
