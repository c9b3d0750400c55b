// Lambda's errors, each declared once (AWS Lambda API reference, "Errors" of each action).
#pragma once

#include <string>

#include "base/error.h"

namespace brume::lambda {

inline constexpr ErrorKind kResourceNotFound{"ResourceNotFoundException", 404};
inline constexpr ErrorKind kResourceConflict{"ResourceConflictException", 409};
inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValueException", 400};
inline constexpr ErrorKind kInvalidRequestContent{"InvalidRequestContentException", 400};
inline constexpr ErrorKind kInvalidZipFile{"InvalidZipFileException", 502};
inline constexpr ErrorKind kPreconditionFailed{"PreconditionFailedException", 412};
/// The model calls Invoke's RequestTooLargeException; this is what AWS answers.
inline constexpr ErrorKind kRequestTooLarge{"RequestEntityTooLargeException", 413};
inline constexpr ErrorKind kTooManyRequests{"TooManyRequestsException", 429};
inline constexpr ErrorKind kForbidden{"AccessDeniedException", 403};
inline constexpr ErrorKind kServiceException{"ServiceException", 500};

/// Lambda's errors carry Type: who is at fault.
inline AwsError user_error(const ErrorKind& kind, std::string message) {
  return AwsError(kind, std::move(message), {{"Type", "User"}});
}
inline AwsError invalid_parameter(std::string message) {
  return user_error(kInvalidParameterValue, std::move(message));
}
inline AwsError not_found(const std::string& function_arn) {
  return user_error(kResourceNotFound, "Function not found: " + function_arn);
}
/// The function's record is damaged; the log says how.
inline AwsError unusable(const std::string& function_arn) {
  return AwsError(kServiceException, "The record of " + function_arn + " cannot be used.", {{"Type", "Service"}});
}
/// `what`: a feature, or a member and its feature.
inline AwsError not_supported(const std::string& what) {
  return user_error(kUnsupportedOperation, "Brume does not support " + what + " yet");
}

}  // namespace brume::lambda
