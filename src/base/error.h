// AWS errors: declared once with code, HTTP status and fault; thrown as AwsError; turned into the
// protocol's shape in front/ alone.
#pragma once

#include <boost/json/object.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace brume {

/// One error of an AWS service. Instances are constexpr and live as long as the program.
struct ErrorKind {
  std::string_view code;   ///< e.g. "ResourceNotFoundException", as the service model names the shape
  int status = 400;        ///< HTTP status
  /// JSON-protocol namespace put before `#code` in `__type`; empty: the service's own.
  std::string_view type_namespace = {};
};

class AwsError : public std::exception {
 public:
  AwsError(const ErrorKind& kind, std::string message, boost::json::object members = {})
      : kind_(&kind), message_(std::move(message)), members_(std::move(members)) {}

  const ErrorKind& kind() const { return *kind_; }
  const std::string& message() const { return message_; }
  /// Further members of the error's shape (e.g. CancellationReasons, Item).
  const boost::json::object& members() const { return members_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  const ErrorKind* kind_;
  std::string message_;
  boost::json::object members_;
};

/// The server cannot do this now and has done nothing; a later try may succeed. Each service's own retryable error.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Errors that every service shares.
inline constexpr std::string_view kCoralValidate = "com.amazon.coral.validate";
inline constexpr std::string_view kCoralService = "com.amazon.coral.service";
inline constexpr ErrorKind kValidationException{"ValidationException", 400, kCoralValidate};
inline constexpr ErrorKind kSerializationException{"SerializationException", 400, kCoralService};
inline constexpr ErrorKind kUnknownOperation{"UnknownOperationException", 400, kCoralService};
inline constexpr ErrorKind kUnsupportedOperation{"UnsupportedOperationException", 400, kCoralService};
inline constexpr ErrorKind kInternalFailure{"InternalFailure", 500, kCoralService};
inline constexpr ErrorKind kServiceUnavailable{"ServiceUnavailable", 503, kCoralService};
inline constexpr ErrorKind kAccessDenied{"AccessDeniedException", 400, kCoralService};
inline constexpr ErrorKind kRequestTooLarge{"RequestEntityTooLargeException", 413, kCoralService};

}  // namespace brume
