// Errors of the API Gateway control plane, as the service model names them.
#pragma once

#include <string>

#include "base/error.h"

namespace brume::gateway {

inline constexpr ErrorKind kBadRequest{"BadRequestException", 400};
inline constexpr ErrorKind kNotAllowed{"AccessDeniedException", 403};
inline constexpr ErrorKind kNotFound{"NotFoundException", 404};
inline constexpr ErrorKind kConflict{"ConflictException", 409};
inline constexpr ErrorKind kLimitExceeded{"LimitExceededException", 429};

inline AwsError bad_request(std::string message) { return {kBadRequest, std::move(message)}; }
inline AwsError not_found(std::string message) { return {kNotFound, std::move(message)}; }
inline AwsError conflict(std::string message) { return {kConflict, std::move(message)}; }

/// For what AWS offers and Brume does not: named, so that nobody believes it to be in effect.
inline AwsError not_supported(std::string_view feature) {
  return {kBadRequest, "Not supported by this server: " + std::string(feature)};
}

inline AwsError api_not_found(std::string_view account, std::string_view api) {
  return not_found("Invalid API identifier specified " + std::string(account) + ":" + std::string(api));
}
inline AwsError resource_not_found() { return not_found("Invalid Resource identifier specified"); }
inline AwsError method_not_found() { return not_found("Invalid Method identifier specified"); }
inline AwsError integration_not_found() { return not_found("Invalid Integration identifier specified"); }
inline AwsError response_not_found() { return not_found("Invalid Response status code specified"); }
inline AwsError deployment_not_found() { return not_found("Invalid Deployment identifier specified"); }
inline AwsError stage_not_found() { return not_found("Invalid stage identifier specified"); }

}  // namespace brume::gateway
