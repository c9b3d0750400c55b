// Integration URIs: which function, or which web address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume::gateway {

/// What arn:aws:apigateway:REGION:SERVICE:path/… says.
enum class AwsUri : std::uint8_t {
  no_arn,           ///< not of the form arn:PARTITION:apigateway:…
  no_path,          ///< names neither a path nor an action
  other_service,    ///< not Lambda, or not its invocations path
  lambda,
};
AwsUri classify_aws_uri(std::string_view uri);

struct LambdaTarget {
  std::string function_arn;  ///< unqualified
  std::string qualifier;     ///< "" for $LATEST
};
/// From arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN[:QUALIFIER]/invocations, stage
/// variables already replaced; nullopt when it names no function.
std::optional<LambdaTarget> parse_lambda_uri(std::string_view uri);

/// http:// or https:// with something behind it.
bool valid_http_uri(std::string_view uri);

}  // namespace brume::gateway
