// Errors of IAM and STS: wire codes, as the query protocol shows them.
#pragma once

#include <string>

#include "base/error.h"

namespace brume::iam {

inline constexpr ErrorKind kNoSuchEntity{"NoSuchEntity", 404};
inline constexpr ErrorKind kEntityAlreadyExists{"EntityAlreadyExists", 409};
inline constexpr ErrorKind kLimitExceeded{"LimitExceeded", 409};
inline constexpr ErrorKind kDeleteConflict{"DeleteConflict", 409};
inline constexpr ErrorKind kMalformedPolicyDocument{"MalformedPolicyDocument", 400};
inline constexpr ErrorKind kInvalidInput{"InvalidInput", 400};
inline constexpr ErrorKind kValidationError{"ValidationError", 400};
inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValue", 400};
inline constexpr ErrorKind kDenied{"AccessDenied", 403};

inline AwsError no_such_entity(std::string message) { return {kNoSuchEntity, std::move(message)}; }
inline AwsError already_exists(std::string message) { return {kEntityAlreadyExists, std::move(message)}; }
inline AwsError delete_conflict(std::string message) { return {kDeleteConflict, std::move(message)}; }
inline AwsError malformed_policy(std::string message) { return {kMalformedPolicyDocument, std::move(message)}; }
inline AwsError invalid_input(std::string message) { return {kInvalidInput, std::move(message)}; }
inline AwsError validation_error(std::string message) { return {kValidationError, std::move(message)}; }
inline AwsError denied(std::string message) { return {kDenied, std::move(message)}; }
inline AwsError quota_exceeded(std::string_view quota, std::size_t limit) {
  return {kLimitExceeded, "Cannot exceed quota for " + std::string(quota) + ": " + std::to_string(limit)};
}

/// For what AWS offers and Brume does not: named, so that nobody believes it to be in effect.
inline AwsError not_supported(std::string_view feature) {
  return invalid_input("Not supported by this server: " + std::string(feature));
}

}  // namespace brume::iam
