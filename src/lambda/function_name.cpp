#include "lambda/function_name.h"

#include <vector>

#include "base/text.h"
#include "lambda/errors.h"

namespace brume::lambda {
FunctionName parse_function_name(std::string_view text, std::string_view qualifier, const std::string& account,
                                 const std::string& region) {
  FunctionName result{{account, region, {}}, std::string(qualifier)};
  auto parts = split(text, ':');
  if (parts.size() >= 7 && parts[0] == "arn") {
    result.id.region = parts[3];
    result.id.account = parts[4];
    parts.erase(parts.begin(), parts.begin() + 6);
  } else if (parts.size() >= 3 && parts[1] == "function") {
    result.id.account = parts[0];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  result.id.name = parts[0];
  if (parts.size() > 1 && !parts[1].empty()) {
    if (!qualifier.empty() && qualifier != parts[1])
      throw invalid_parameter("The derived qualifier from the function name does not match the specified qualifier.");
    result.qualifier = parts[1];
  }
  if (result.id.region != region)
    throw user_error(kResourceNotFound,
                     "Functions from '" + result.id.region + "' are not reachable in this region ('" + region + "')");
  return result;
}

}  // namespace brume::lambda
