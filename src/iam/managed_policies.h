// The managed policies that every account has: owned by AWS, known by their ARN, never changed by a caller.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace brume::iam {

struct ManagedPolicy {
  std::string_view path;  ///< "/service-role/"
  std::string_view name;
  std::string_view id;    ///< "" where it is not known; see unique_id()
  std::string_view version;
  std::int64_t created = 0;  ///< Unix seconds
  std::int64_t updated = 0;
  std::string_view description;
  std::string_view document;  ///< of the default version, the only one that is kept

  std::string arn() const;
  std::string unique_id() const;
};

std::span<const ManagedPolicy> managed_policies();
/// nullptr if AWS has no such policy, or it is not among those known here.
const ManagedPolicy* find_managed_policy(std::string_view arn);

}  // namespace brume::iam
