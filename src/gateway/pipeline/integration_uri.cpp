#include "gateway/pipeline/integration_uri.h"

#include "service/arn.h"

namespace brume::gateway {

namespace {

constexpr std::string_view kFunctions = "path/2015-03-31/functions/";
constexpr std::string_view kInvocations = "/invocations";

}  // namespace

AwsUri classify_aws_uri(std::string_view uri) {
  if (!uri.starts_with("arn:")) return AwsUri::no_arn;
  // The service called stands where an account would.
  const auto arn = service::Arn::parse(uri);
  if (!arn || arn->service != "apigateway") return AwsUri::no_path;
  if (!arn->resource.starts_with("path/") && !arn->resource.starts_with("action/")) return AwsUri::no_path;
  if (arn->account != "lambda" || !arn->resource.starts_with(kFunctions) || !arn->resource.ends_with(kInvocations))
    return AwsUri::other_service;
  return AwsUri::lambda;
}

std::optional<LambdaTarget> parse_lambda_uri(std::string_view uri) {
  if (classify_aws_uri(uri) != AwsUri::lambda) return std::nullopt;
  const std::size_t begin = uri.find(kFunctions) + kFunctions.size();
  const std::size_t end = uri.size() - kInvocations.size();
  if (end <= begin) return std::nullopt;
  const std::string_view function = uri.substr(begin, end - begin);
  // Of any account: the function's policy, or the role in the credentials, decides when it is invoked.
  const auto arn = service::Arn::parse(function);
  if (!arn || arn->service != "lambda" || arn->kind() != "function") return std::nullopt;
  const std::string_view path = arn->path();
  const std::size_t colon = path.find(':');
  if (path.empty() || colon == 0) return std::nullopt;
  LambdaTarget target;
  target.function_arn =
      std::string(function.substr(0, colon == path.npos ? function.size() : function.size() - path.size() + colon));
  if (colon != path.npos) target.qualifier = std::string(path.substr(colon + 1));
  if (target.qualifier == "$LATEST") target.qualifier.clear();
  return target;
}

bool valid_http_uri(std::string_view uri) {
  for (std::string_view scheme : {"http://", "https://"})
    if (uri.starts_with(scheme) && uri.size() > scheme.size() && uri[scheme.size()] != '/') return true;
  return false;
}

}  // namespace brume::gateway
