#include "lambda/function_name.h"

#include "lambda/errors.h"
#include "service/arn.h"

namespace brume::lambda {
namespace {

/// Takes `text` up to its first colon off the front if something follows and `fits` says so; "" if not.
template <class F>
std::string_view take(std::string_view& text, F fits) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || !fits(text.substr(0, colon))) return {};
  const std::string_view taken = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return taken;
}

/// "us-east-1", "us-gov-west-1": a function's name that looks so is not followed by a colon and twelve digits.
bool is_region(std::string_view text) {
  return text.size() >= 8 && text.find('-') != text.npos && text[text.size() - 2] == '-' && text.back() >= '0' &&
         text.back() <= '9';
}

}  // namespace

FunctionName parse_function_name(std::string_view text, std::string_view qualifier, const std::string& account,
                                 const std::string& region) {
  FunctionName result{{account, region, {}}, std::string(qualifier)};
  const auto arn = service::Arn::parse(text);
  std::string_view rest = text;
  if (arn && arn->service == "lambda") {
    result.id.region = arn->region;
    result.id.account = arn->account;
    rest = arn->resource;
  } else {
    // The models' pattern: (REGION:)?(ACCOUNT:)?(function:)?NAME(:QUALIFIER)?
    if (const auto given = take(rest, is_region); !given.empty()) result.id.region = given;
    if (const auto given = take(rest, service::is_account); !given.empty()) result.id.account = given;
  }
  take(rest, [](std::string_view word) { return word == "function"; });
  const std::size_t colon = rest.find(':');
  result.id.name = rest.substr(0, colon);
  if (const auto given = colon == rest.npos ? std::string_view() : rest.substr(colon + 1); !given.empty()) {
    if (!qualifier.empty() && qualifier != given)
      throw invalid_parameter("The derived qualifier from the function name does not match the specified qualifier.");
    result.qualifier = given;
  }
  if (result.id.region != region)
    throw user_error(kResourceNotFound,
                     "Functions from '" + result.id.region + "' are not reachable in this region ('" + region + "')");
  return result;
}

std::optional<FunctionName> parse_function_arn(std::string_view text) {
  const auto arn = service::Arn::parse(text);
  if (!arn || arn->service != "lambda" || arn->kind() != "function" || !service::is_account(arn->account))
    return std::nullopt;
  const std::string_view path = arn->path();
  const std::size_t colon = path.find(':');
  if (path.empty() || colon == 0) return std::nullopt;
  FunctionName out{{std::string(arn->account), std::string(arn->region), std::string(path.substr(0, colon))}, {}};
  if (colon != path.npos) out.qualifier = path.substr(colon + 1);
  return out;
}

}  // namespace brume::lambda
