// Policy documents: are they well formed, and what does a trust policy say?
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace brume::iam {

// Errors of the next two: AwsError MalformedPolicyDocument.
/// A policy that is attached to an identity: no principals; actions and resources.
void check_identity_policy(std::string_view document);
/// A role's trust policy: principals, actions of STS, no resources.
void check_trust_policy(std::string_view document);

/// The length that counts against quotas: white space does not.
std::size_t policy_size(std::string_view document);

/// Who wants to assume a role.
struct Assumer {
  std::string arn;      ///< "" for a service
  std::string account;  ///< "" for a service
  std::string service;  ///< "lambda.amazonaws.com", or "" for a principal of an account
};

/// Context keys in lower case with their values, e.g. {"sts:externalid", {"x"}}.
using Context = std::map<std::string, std::vector<std::string>>;

/// Does a trust policy (one that check_trust_policy accepted) let `who` do `action`, e.g. "sts:AssumeRole"? A condition
/// that cannot be evaluated does not grant, and does deny.
bool trusts(std::string_view document, const Assumer& who, std::string_view action, const Context& context);

}  // namespace brume::iam
