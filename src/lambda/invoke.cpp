// Invoke in its three types.
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include "base/encoding.h"
#include "base/log.h"
#include "lambda/impl.h"
#include "base/json_members.h"

namespace brume::lambda {
namespace json = boost::json;
using service::Call;
using service::Reply;
namespace {

// AWS Lambda quotas, "Invocation payload".
constexpr std::size_t kSyncBytesMax = 6'291'456;
constexpr std::size_t kAsyncBytesMax = 1'048'576;
constexpr std::size_t kPayloadDepthMax = 1000;
constexpr std::chrono::minutes kLongestInvoke{15};

/// Discards what it reads: an invoke's payload is only checked.
struct JsonCheck {
  constexpr static std::size_t max_object_size = std::size_t(-1);
  constexpr static std::size_t max_array_size = std::size_t(-1);
  constexpr static std::size_t max_key_size = std::size_t(-1);
  constexpr static std::size_t max_string_size = std::size_t(-1);
  using error = boost::system::error_code;
  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error&) { return true; }
  bool on_object_end(std::size_t, error&) { return true; }
  bool on_array_begin(error&) { return true; }
  bool on_array_end(std::size_t, error&) { return true; }
  bool on_key_part(json::string_view, std::size_t, error&) { return true; }
  bool on_key(json::string_view, std::size_t, error&) { return true; }
  bool on_string_part(json::string_view, std::size_t, error&) { return true; }
  bool on_string(json::string_view, std::size_t, error&) { return true; }
  bool on_number_part(json::string_view, error&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error&) { return true; }
  bool on_double(double, json::string_view, error&) { return true; }
  bool on_bool(bool, error&) { return true; }
  bool on_null(error&) { return true; }
  bool on_comment_part(json::string_view, error&) { return true; }
  bool on_comment(json::string_view, error&) { return true; }
};

void require_json(std::string_view payload) {
  if (payload.empty()) return;
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = kPayloadDepthMax;
  json::basic_parser<JsonCheck> parser(options);
  const std::size_t read = parser.write_some(false, payload.data(), payload.size(), error);
  if (error || read != payload.size() || !parser.done())
    throw user_error(kInvalidRequestContent,
                     "Could not parse request body into json: Could not parse payload into json: " +
                         (error ? error.message() : "unexpected content after the value"));
}

[[noreturn]] void throttled(const InvokeThrottled& throttle) {
  const bool reserved = throttle.reason == InvokeThrottled::Reason::reserved_concurrent_invocation_limit_exceeded;
  throw AwsError(kTooManyRequests, "Rate Exceeded.",
                 {{"Type", "User"},
                  {"Reason", reserved ? "ReservedFunctionConcurrentInvocationLimitExceeded"
                                      : "ConcurrentInvocationLimitExceeded"}});
}

Reply reply_of(InvokeResult result, bool with_log) {
  if (const auto* throttle = std::get_if<InvokeThrottled>(&result)) throttled(*throttle);
  if (const auto* failed = std::get_if<InvokeFailed>(&result))
    throw AwsError(kServiceException, failed->reason, {{"Type", "Service"}});
  auto& answer = std::get<InvokeAnswer>(result);
  Reply reply;
  reply.output["StatusCode"] = 200;
  reply.output["ExecutedVersion"] = "$LATEST";
  if (answer.error != FunctionError::none)
    reply.output["FunctionError"] = answer.error == FunctionError::handled ? "Handled" : "Unhandled";
  if (with_log) reply.output["LogResult"] = base64_encode(answer.log_tail);
  reply.payload = std::move(answer.payload);
  reply.headers.emplace_back("Content-Type", "application/json");
  return reply;
}

service::Usage usage_of(const FunctionName& name, const InvokeResult& result) {
  const auto* answer = std::get_if<InvokeAnswer>(&result);
  return {.resource = name.id.name,
          .duration = answer ? answer->duration : std::chrono::microseconds(0),
          .throttled = std::holds_alternative<InvokeThrottled>(result)};
}

}  // namespace

Task<Reply> Lambda::Impl::invoke(Call& call) {
  const FunctionName name = name_of(call);
  FunctionPtr function = require_latest(name);
  if (name.id.account != call.account() && text_view(call.input, "LogType") == "Tail")
    throw AwsError(kForbidden, "Cross-account log access is not allowed.");
  const std::string_view type = text_view(call.input, "InvocationType");
  const bool asynchronous = type == "Event";
  const std::size_t limit = asynchronous ? kAsyncBytesMax : kSyncBytesMax;
  std::string payload = call.payload.value_or("");
  if (payload.size() > limit)
    throw user_error(kRequestTooLarge, "Request must be smaller than " + std::to_string(limit) +
                                           " bytes for the InvokeFunction operation");
  if (!call.made_here) require_json(payload);
  if (type == "DryRun") {
    Reply reply;
    reply.output["StatusCode"] = 204;
    co_return reply;
  }
  std::string context;
  if (const std::string_view encoded = text_view(call.input, "ClientContext"); !encoded.empty()) {
    auto decoded = base64_decode(encoded);
    if (!decoded)
      throw user_error(kInvalidRequestContent, "Client context must be a valid Base64-encoded JSON object.");
    context = std::move(*decoded);
  }
  if (asynchronous) {
    AsyncInvoke queued;
    queued.function = name.id;
    queued.request_id = call.request_id;
    queued.payload = std::move(payload);
    queued.invoked_arn = name.arn();
    queued.client_context = std::move(context);
    co_await queue.accept(std::move(queued));
    Reply reply;
    reply.output["StatusCode"] = 202;
    reply.payload = "";
    co_return reply;
  }
  InvokeRequest request;
  request.request_id = call.request_id;
  request.payload = std::move(payload);
  request.invoked_arn = name.arn();
  request.client_context = std::move(context);
  if (call.http) request.trace_id = call.http->header_or_empty("x-amzn-trace-id");
  InvokeResult result = co_await run(function, std::move(request));
  call.usage.push_back(usage_of(name, result));
  co_return reply_of(std::move(result), text_view(call.input, "LogType") == "Tail");
}

void Lambda::Impl::count(const FunctionId& function, const std::string& invoked_arn, const InvokeResult& result) const {
  using Outcome = InvokeRecord::Outcome;
  const auto invoked = parse_function_arn(invoked_arn);
  InvokeRecord record{.function = function,
                      .qualifier = invoked ? std::string_view(invoked->qualifier) : std::string_view(),
                      .outcome = Outcome::not_run};
  if (std::holds_alternative<InvokeThrottled>(result)) {
    record.outcome = Outcome::throttled;
  } else if (const auto* answer = std::get_if<InvokeAnswer>(&result)) {
    record.outcome = answer->error == FunctionError::none ? Outcome::succeeded : Outcome::function_error;
    record.duration = answer->duration;
    record.concurrent = answer->concurrency.function;
    record.concurrent_all = answer->concurrency.all;
  }
  options.recorder->count(record);
}

Task<InvokeResult> Lambda::Impl::run(FunctionPtr function, InvokeRequest request) {
  if (!options.recorder) co_return co_await run_uncounted(std::move(function), std::move(request));
  const FunctionPtr counted = function;
  const std::string invoked_arn = request.invoked_arn;
  InvokeResult result = co_await run_uncounted(std::move(function), std::move(request));
  count(counted->record.id, invoked_arn, result);
  co_return result;
}

Task<InvokeResult> Lambda::Impl::run_uncounted(FunctionPtr function, InvokeRequest request) {
  if (!function->damage.empty()) co_return InvokeFailed{"the function's record cannot be used: " + function->damage};
  co_await refresh_credentials(function);
  Execution* found = nullptr;
  std::string failure;
  try {
    found = co_await execution();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!found) co_return InvokeFailed{failure};
  co_return co_await found->pool.invoke(function->spec, std::move(request));
}

Task<std::optional<InvokeResult>> Lambda::Impl::run_queued(const AsyncInvoke& queued) {
  FunctionPtr function = registry.find(queued.function);
  if (!function) co_return std::nullopt;
  InvokeRequest request;
  request.request_id = queued.request_id;
  request.payload = queued.payload;
  request.invoked_arn = queued.invoked_arn;
  request.client_context = queued.client_context;
  InvokeResult result = co_await run(function, std::move(request));
  co_return std::optional<InvokeResult>(std::move(result));
}

/// Environments get credentials when they start, without waiting: so they are fetched before, and last as long as an
/// environment that starts now may live.
Task<> Lambda::Impl::refresh_credentials(FunctionPtr function) {
  const std::pair<std::string, FunctionId> key(function->record.role, function->record.id);
  const WallTime now = clock.now();
  {
    std::lock_guard lock(credentials_mutex);
    const auto found = credentials.find(key);
    if (found != credentials.end() && found->second.expires > now + options.environment_age_max + kLongestInvoke)
      co_return;
  }
  // A session's name has at least two characters.
  const std::string session = key.second.name.size() > 1 ? key.second.name : key.second.name + "@lambda_function";
  auto answer = co_await roles.assume(key.first, key.second.account, session);
  std::lock_guard lock(credentials_mutex);
  std::erase_if(credentials, [now](const auto& entry) { return entry.second.expires <= now; });
  if (auto* fresh = std::get_if<RoleCredentials>(&answer)) {
    fresh->credentials.expires = fresh->expires;
    credentials[key] = std::move(*fresh);
  } else {
    // As on AWS, a function whose role is gone still runs; its calls to AWS services are refused.
    credentials.erase(key);
    log_warn("lambda_role_missing", {{"role", key.first}});
  }
}

Credentials Lambda::Impl::credentials_of(const FunctionSpec& spec) {
  FunctionPtr function = registry.find({spec.account, spec.region, spec.name});
  if (!function) return {};
  std::lock_guard lock(credentials_mutex);
  const auto found = credentials.find(std::pair(function->record.role, function->record.id));
  return found == credentials.end() ? Credentials{} : found->second.credentials;
}

}  // namespace brume::lambda
