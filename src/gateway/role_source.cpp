#include "gateway/role_source.h"

#include "gateway/errors.h"
#include "service/arn.h"

namespace brume::gateway {

void check_credentials(std::string_view credentials, std::string_view account) {
  if (credentials.empty() || credentials.find("${stageVariables.") != std::string_view::npos) return;
  if (credentials == "arn:aws:iam::*:user/*")
    throw not_supported("credentials arn:aws:iam::*:user/* (the caller's own credentials)");
  const auto arn = service::Arn::parse(credentials);
  if (!arn || arn->service != "iam" || arn->kind() != "role" || !service::is_account(arn->account))
    throw bad_request("Invalid ARN specified in the request");
  if (arn->account != account) throw AwsError(kNotAllowed, "Cross-account pass role is not allowed.");
}

}  // namespace brume::gateway
