// What a sandbox needs to run a function: command, variables, binds, limits.
#pragma once

#include <string>

#include "lambda/environment/function_spec.h"
#include "lambda/environment/runtimes.h"
#include "lambda/sandbox/sandbox.h"

namespace brume::lambda {

struct CommandInput {
  const FunctionSpec& function;
  const Runtime& runtime;
  std::string log_stream;
  std::string endpoint_url;       ///< empty: left out
  Credentials credentials;        ///< empty access_key_id: left out
};

/// The `bootstrap` of a provided.* function: "/var/task/bootstrap", "/opt/bootstrap", or "" when neither exists.
std::string find_bootstrap(const FunctionSpec& function);

/// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
SandboxSpec make_sandbox_spec(const CommandInput& input);

}  // namespace brume::lambda
