// What the gateway needs of functions: invoke one by ARN and learn what came of it. server/ connects
// this to lambda; tests give their own.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "base/task.h"

namespace brume::gateway {

struct FunctionCall {
  std::string function_arn;  ///< unqualified: arn:aws:lambda:REGION:ACCOUNT:function:NAME; of any account
  std::string qualifier;     ///< version or alias; "" for $LATEST
  std::string payload;       ///< the event, JSON text
  /// Who calls, for the function's resource policy (principal apigateway.amazonaws.com):
  /// arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH
  std::string source_arn;
  std::string source_account;  ///< 12 digits, owner of the API
  /// The gateway's session as the role in the integration's credentials, which was found to be usable; it calls as
  /// this principal of `source_account` then. "" when it has none: it calls as the service, by the function's policy.
  std::string session_arn;
  std::string request_id;
  std::chrono::milliseconds timeout{29'000};  ///< of this call, however long the function may run
};

struct FunctionAnswer {
  std::string payload;
  bool function_error = false;  ///< the function threw, timed out by its own limit or died
};
struct FunctionNotFound {};  ///< no such function, version or alias
struct FunctionNotPermitted {};  ///< its policy has no statement that lets `source_arn` invoke it
struct FunctionThrottled {};  ///< 429: no concurrency left
struct FunctionTimedOut {};  ///< `timeout` of the call passed; the function may still run
struct FunctionFailed {  ///< anything else, e.g. it is still being created, or the runtime can't start
  std::string reason;  ///< for the log, not for the client
};

using FunctionResult = std::variant<FunctionAnswer, FunctionNotFound, FunctionNotPermitted, FunctionThrottled,
                                    FunctionTimedOut, FunctionFailed>;

class FunctionInvoker {
 public:
  virtual ~FunctionInvoker() = default;
  /// Runs on the caller's loop, returns within `timeout`, and throws nothing.
  virtual Task<FunctionResult> invoke(FunctionCall call) = 0;
};

}  // namespace brume::gateway
