// CloudWatch Logs' errors, each declared once (CloudWatch Logs API reference, "Errors" of each action).
#pragma once

#include <string>

#include "base/error.h"

namespace brume::observe {

inline constexpr ErrorKind kThrottling{"ThrottlingException", 400};
inline constexpr ErrorKind kResourceNotFound{"ResourceNotFoundException", 400};
inline constexpr ErrorKind kResourceAlreadyExists{"ResourceAlreadyExistsException", 400};
inline constexpr ErrorKind kInvalidParameter{"InvalidParameterException", 400};

inline AwsError invalid_parameter(std::string message) { return AwsError(kInvalidParameter, std::move(message)); }
inline AwsError group_not_found() { return AwsError(kResourceNotFound, "The specified log group does not exist."); }
inline AwsError stream_not_found() { return AwsError(kResourceNotFound, "The specified log stream does not exist."); }
inline AwsError invalid_next_token() { return invalid_parameter("The specified nextToken is invalid."); }
inline AwsError not_supported(const std::string& feature) {
  return AwsError(kInvalidParameter, "Brume does not support " + feature + " yet");
}

}  // namespace brume::observe
