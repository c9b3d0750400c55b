// Amazon Resource Names: what a text names, and of which account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
//
// Whoever takes an ARN from a caller must say whose account it may name: `owned_by(call)` for what stays inside an
// account; anything else is a crossing, and belongs beside the policy that allows it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "service/call.h"

namespace brume::service {

/// arn:partition:service:region:account:resource. Views into the text that was parsed.
struct Arn {
  std::string_view partition;  ///< "aws", "aws-cn", …
  std::string_view service;    ///< "lambda"
  std::string_view region;     ///< "" for what is global
  std::string_view account;  ///< 12 digits; "" where the account does not belong into the name (API Gateway), "aws" for
      ///< what belongs to AWS
  std::string_view resource;  ///< the rest, with whatever colons and slashes it has: never ""

  /// nullopt: no ARN. Neither the account's digits nor the partition's name are checked. `text` must live as long as the
  /// result.
  static std::optional<Arn> parse(std::string_view text);
  static std::optional<Arn> parse(const char* text) { return parse(std::string_view(text)); }
  static std::optional<Arn> parse(std::string&& text) = delete;  // the views would outlive it

  /// What stands before the first '/' or ':' of the resource: "role", "function", "table".
  std::string_view kind() const { return resource.substr(0, resource.find_first_of("/:")); }
  /// What stands behind it; "" if nothing does.
  std::string_view path() const { return resource.substr(std::min(resource.size(), kind().size() + 1)); }
  /// What stands behind the last '/': a role's or user's name without its path.
  std::string_view name() const { return resource.substr(resource.rfind('/') + 1); }

  /// Whether it is one of the caller's own account.
  bool owned_by(const Call& call) const { return account == call.account(); }
};

/// The partition that a region belongs to: "aws", "aws-cn", "aws-us-gov", …: what ARNs of its resources begin with.
std::string_view partition_of(std::string_view region);

/// "arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE".
std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource);

/// 12 digits.
bool is_account(std::string_view text);

/// Whether an "AWS" principal of a policy ("*", an account, its root, a user, a role, a session) stands for the caller
/// `arn` of `account`. A role stands for its sessions; an account for everybody in it.
bool names_principal(std::string_view principal, std::string_view account, std::string_view arn);

/// Who may say yes and did not.
enum class Silent { identity_policy, resource_policy };

/// AWS's words to a caller who is not allowed `action` ("lambda:GetFunction") on `resource`:
/// "User: … is not authorized to perform: … on resource: … because no resource-based policy allows the … action".
std::string not_authorized(const Call& call, std::string_view action, std::string_view resource, Silent silent);

}  // namespace brume::service
