// What Lambda needs of IAM. server/ connects it; tests give their own.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "lambda/environment/function_spec.h"

namespace brume::lambda {

struct RoleCredentials {
  Credentials credentials;
  WallTime expires;
};

class RoleSource {
 public:
  virtual ~RoleSource() = default;
  /// Temporary credentials of `role_arn` for the Lambda service, or nullopt if there is no such role or it
  /// does not let lambda.amazonaws.com assume it.
  virtual Task<std::optional<RoleCredentials>> assume(std::string role_arn, std::string session_name) = 0;
};

}  // namespace brume::lambda
