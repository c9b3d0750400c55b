// What the gateway needs of IAM: whether it may act as a role. server/ connects it; tests give their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"

namespace brume::gateway {

class RoleSource {
 public:
  virtual ~RoleSource() = default;
  /// The ARN of API Gateway's session as `role_arn`, for an API of `account`; nullopt if the role is another account's,
  /// does not exist, or does not trust apigateway.amazonaws.com. Asked for each request, so that a change counts at once.
  virtual Task<std::optional<std::string>> session(std::string role_arn, std::string account) = 0;
};

/// Checks an integration's `credentials` when they are set; "" and what stage variables will decide pass, and are judged
/// when they are used. Errors: AccessDeniedException for another account's role, BadRequestException for what is no role.
void check_credentials(std::string_view credentials, std::string_view account);

}  // namespace brume::gateway
