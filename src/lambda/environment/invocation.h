// One invoke of a function: what goes in and what comes out.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace brume::lambda {

/// Limits of a synchronous invoke (Lambda quotas page): request and response 6 MB each.
inline constexpr std::size_t kPayloadBytesMax = 6'291'556;

struct InvokeRequest {
  std::string request_id;      ///< UUID, as in x-amzn-RequestId
  std::string payload;         ///< JSON text; the runtime gets these bytes. "" is passed as "{}"
  std::string invoked_arn;     ///< as invoked, with qualifier if one was given
  std::string client_context;  ///< JSON text (already base64-decoded), or empty
  std::string cognito_identity;  ///< JSON text, or empty
  std::string trace_id;        ///< X-Amzn-Trace-Id; empty: one is made
};

enum class FunctionError : std::uint8_t { none, handled, unhandled };  ///< X-Amz-Function-Error

/// Invokes under way when one began, with itself.
struct Concurrency {
  std::uint32_t function = 0;  ///< of its function
  std::uint32_t all = 0;
};

/// What the function answered or how it failed; both are a successful Invoke call to AWS.
struct InvokeAnswer {
  std::string payload;         ///< the response, or the error object {"errorType":…,"errorMessage":…}
  FunctionError error = FunctionError::none;
  std::string log_tail;  ///< the last 4 KiB of this invoke's log, newline-terminated lines, not base64 (LogType Tail)
  std::chrono::microseconds duration{};  ///< as REPORT's Duration
  std::chrono::milliseconds billed_duration{};
  std::chrono::microseconds init_duration{};  ///< zero for a warm invoke
  std::uint64_t max_memory_bytes = 0;
  Concurrency concurrency;
};

/// 429 TooManyRequestsException.
struct InvokeThrottled {
  enum class Reason : std::uint8_t {
    concurrent_invocation_limit_exceeded,  ///< Reason ConcurrentInvocationLimitExceeded
    reserved_concurrent_invocation_limit_exceeded,  ///< Reason ReservedFunctionConcurrentInvocationLimitExceeded
  } reason;
};

/// The host could not run it (no such interpreter, no sandbox, closing): 500 ServiceException.
struct InvokeFailed {
  std::string reason;  ///< for the log and the error's message
};

using InvokeResult = std::variant<InvokeAnswer, InvokeThrottled, InvokeFailed>;

}  // namespace brume::lambda
