// What Lambda needs of IAM. server/ connects it; tests give their own.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/task.h"
#include "lambda/environment/function_spec.h"

namespace brume::lambda {

struct RoleCredentials {
  Credentials credentials;
  WallTime expires;
};

enum class RoleRefusal : std::uint8_t {
  other_account,  ///< the role is not of the function's account
  unusable,       ///< there is no such role, or it does not let lambda.amazonaws.com assume it
};

class RoleSource {
 public:
  virtual ~RoleSource() = default;
  /// Temporary credentials of `role_arn` for the Lambda service, for a function of `account`.
  virtual Task<std::variant<RoleCredentials, RoleRefusal>> assume(std::string role_arn, std::string account,
                                                                  std::string session_name) = 0;
};

}  // namespace brume::lambda
