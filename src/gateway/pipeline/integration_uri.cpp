#include "gateway/pipeline/integration_uri.h"

#include <vector>

namespace brume::gateway {

namespace {

constexpr std::string_view kFunctions = "path/2015-03-31/functions/";
constexpr std::string_view kInvocations = "/invocations";

/// The first `count` - 1 fields between colons, and the rest.
std::vector<std::string_view> fields(std::string_view text, std::size_t count) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < count) {
    std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) break;
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

}  // namespace

AwsUri classify_aws_uri(std::string_view uri) {
  auto parts = fields(uri, 6);
  if (parts[0] != "arn") return AwsUri::no_arn;
  if (parts.size() < 6) return AwsUri::no_path;
  std::string_view target = parts[5];
  if (parts[2] != "apigateway" || (!target.starts_with("path/") && !target.starts_with("action/")))
    return AwsUri::no_path;
  if (parts[4] != "lambda" || !target.starts_with(kFunctions) || !target.ends_with(kInvocations))
    return AwsUri::other_service;
  return AwsUri::lambda;
}

std::optional<LambdaTarget> parse_lambda_uri(std::string_view uri) {
  if (classify_aws_uri(uri) != AwsUri::lambda) return std::nullopt;
  std::size_t begin = uri.find(kFunctions) + kFunctions.size();
  std::size_t end = uri.size() - kInvocations.size();
  if (end <= begin) return std::nullopt;
  auto parts = fields(uri.substr(begin, end - begin), 8);
  // arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
  if (parts.size() < 7 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "function" || parts[6].empty())
    return std::nullopt;
  LambdaTarget target;
  target.function_arn = std::string(parts[0]);
  for (std::size_t i = 1; i < 7; ++i) target.function_arn.append(":").append(parts[i]);
  if (parts.size() == 8) target.qualifier = std::string(parts[7]);
  if (target.qualifier == "$LATEST") target.qualifier.clear();
  return target;
}

bool valid_http_uri(std::string_view uri) {
  for (std::string_view scheme : {"http://", "https://"})
    if (uri.starts_with(scheme) && uri.size() > scheme.size() && uri[scheme.size()] != '/') return true;
  return false;
}

}  // namespace brume::gateway
