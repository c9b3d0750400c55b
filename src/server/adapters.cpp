#include "server/adapters.h"

#include "base/utf8.h"
#include "iam/identifiers.h"
#include "lambda/function_name.h"
#include "service/arn.h"

namespace brume::server {
namespace {

constexpr std::size_t kUserAgentMax = 256;      // bytes of an audit record, as much as it is worth
constexpr std::size_t kErrorMessageMax = 1024;
constexpr std::chrono::hours kFunctionCredentialsLifetime{12};
constexpr std::string_view kApiGateway = "apigateway.amazonaws.com";
constexpr std::string_view kGatewaySession = "BackplaneAssumeRoleSession";  // as AWS names it

/// At most `bytes_max` bytes of `text`, as UTF-8 that is whole: audit records are JSON.
std::string cut(std::string_view text, std::size_t bytes_max) {
  std::string out = to_valid_utf8(std::string(text.substr(0, bytes_max)));
  out.resize(utf8_prefix(std::string_view(out).substr(0, bytes_max)));
  return out;
}

std::string_view service_label(const service::ServiceModel* model) { return model ? model->name : "unknown"; }
std::string_view operation_label(std::string_view operation) { return operation.empty() ? "Unknown" : operation; }

gateway::FunctionResult result_of(service::Outcome outcome) {
  if (outcome.failure) {
    const std::string& code = outcome.failure->code;
    if (code == "ResourceNotFoundException") return gateway::FunctionNotFound{};
    if (code == kAccessDenied.code) return gateway::FunctionNotPermitted{};
    if (code == "TooManyRequestsException") return gateway::FunctionThrottled{};
    return gateway::FunctionFailed{std::move(outcome.failure->message)};
  }
  return gateway::FunctionAnswer{std::move(outcome.reply.payload).value_or(""),
                                 outcome.reply.output.contains("FunctionError")};
}

using Invoked = Completion<gateway::FunctionResult>;

Task<> run_invoke(service::Dispatcher& dispatcher, service::InsideCall invoke, Invoked invoked,
                  std::shared_ptr<Timer> deadline) {
  service::Outcome outcome = co_await dispatcher.call(std::move(invoke));
  deadline->cancel();
  invoked.set(result_of(std::move(outcome)));
}

/// A role's session calls as a principal of its account, else it is the service that calls, for its API.
service::Caller caller_of(gateway::FunctionCall& call) {
  service::Caller caller;
  caller.account = std::move(call.source_account);
  if (!call.session_arn.empty()) {
    caller.arn = std::move(call.session_arn);
    caller.on_behalf_of = kApiGateway;
  } else {
    caller.service = kApiGateway;
    caller.source_arn = std::move(call.source_arn);
  }
  return caller;
}

}  // namespace

Task<std::optional<front::Credential>> IamCredentials::find(std::string access_key_id) {
  auto found = co_await iam_.find_credential(std::move(access_key_id));
  if (!found) co_return std::nullopt;
  co_return front::Credential{std::move(found->secret_access_key),
                              std::move(found->session_token),
                              std::move(found->account),
                              std::move(found->arn),
                              std::move(found->user_id),
                              found->expires,
                              found->active,
                              std::move(found->on_behalf_of)};
}

void CallRecorder::count(const service::CallRecord& record) {
  observe_.metrics().count(service_label(record.model), operation_label(record.operation), record.status,
                           record.error_code, record.duration);
  metrics_.count(record);
}

void CallRecorder::count_bytes(const service::ServiceModel* model, std::string_view operation, std::size_t request,
                               std::size_t response) {
  observe_.metrics().count_bytes(service_label(model), operation_label(operation), request, response);
}

Task<> CallRecorder::audit(const service::Call& call, const service::ServiceModel& model, int,
                           std::string_view error_code, std::string_view error_message) {
  observe::AuditEvent event;
  event.account = call.caller.account;
  event.region = call.region;
  event.event_source = std::string(model.signing_name) + ".amazonaws.com";
  event.event_name = call.operation ? std::string(call.operation->name) : std::string();
  event.access_key_id = call.caller.access_key_id;
  event.principal_arn = call.caller.arn;
  event.user_id = call.caller.user_id;
  if (call.http) {
    event.source_ip = std::string(call.http->peer_address);
    event.user_agent = cut(call.http->header_or_empty("user-agent"), kUserAgentMax);
  } else {  // as AWS names a caller of its own
    event.source_ip = event.user_agent = call.caller.service.empty() ? "AWS Internal" : call.caller.service;
  }
  event.request_id = call.request_id;
  event.request_parameters = call.input;
  event.read_only = false;
  event.error_code = std::string(error_code);
  event.error_message = cut(error_message, kErrorMessageMax);
  event.time = clock_.now();
  co_await observe_.audit().record(std::move(event));
}

void ApiCounter::count(const gateway::ApiAccess& access) {
  observe_.metrics().count_api(access.api, access.stage, access.resource_path, access.method, access.status,
                               access.latency, access.integration_latency);
  metrics_.count(access);
}

Task<std::variant<lambda::RoleCredentials, lambda::RoleRefusal>> IamRoles::assume(std::string role_arn,
                                                                                  std::string account,
                                                                                  std::string session_name) {
  iam::ServiceRole wish{std::move(role_arn), std::move(account), "lambda.amazonaws.com", std::move(session_name)};
  auto answer = co_await iam_.issue_role_credentials(std::move(wish), kFunctionCredentialsLifetime);
  if (const auto* refusal = std::get_if<iam::RoleRefusal>(&answer))
    co_return *refusal == iam::RoleRefusal::other_account ? lambda::RoleRefusal::other_account
                                                          : lambda::RoleRefusal::unusable;
  auto& found = std::get<iam::StoredCredential>(answer);
  lambda::RoleCredentials out;
  out.credentials = {std::move(found.access_key_id), std::move(found.secret_access_key),
                     std::move(found.session_token)};
  out.expires = found.expires.value_or(WallTime::max());
  co_return out;
}

Task<std::optional<std::string>> ApiRoles::session(std::string role_arn, std::string account) {
  iam::ServiceRole wish{std::move(role_arn), std::move(account), std::string(kApiGateway),
                        std::string(kGatewaySession)};
  auto answer = co_await iam_.session_of_service(std::move(wish));
  if (auto* session = std::get_if<std::string>(&answer)) co_return std::move(*session);
  co_return std::nullopt;
}

void FunctionLogs::append(const lambda::FunctionSpec& function, std::string_view log_stream,
                          std::span<const lambda::LogLine> lines) {
  std::vector<observe::LogEvent> events;
  events.reserve(lines.size());
  for (const auto& line : lines) events.push_back({unix_millis(line.time), to_valid_utf8(line.text)});
  observe_.logs().append(function.account, function.region, function.log_group, std::string(log_stream),
                         std::move(events));
}

Task<gateway::FunctionResult> LambdaInvoker::invoke(gateway::FunctionCall call) {
  // The ARN's own account and region count: an API may call a function elsewhere, if that function's policy lets it.
  const auto name = lambda::parse_function_arn(call.function_arn);
  if (!name) co_return gateway::FunctionNotFound{};
  service::InsideCall invoke{
      .service = "lambda", .operation = "Invoke", .caller = caller_of(call), .region = name->id.region};
  invoke.input["FunctionName"] = call.function_arn;
  if (!call.qualifier.empty()) invoke.input["Qualifier"] = call.qualifier;
  invoke.payload = std::move(call.payload);
  invoke.request_id = std::move(call.request_id);
  invoke.made_here = true;

  const LoopExecutor loop = co_await this_loop;
  Invoked invoked;
  auto deadline = std::make_shared<Timer>(loop, call.timeout);
  deadline->async_wait([invoked, deadline](boost::system::error_code error) {
    if (!error) invoked.set(gateway::FunctionTimedOut{});
  });
  spawn(loop, run_invoke(dispatcher_, std::move(invoke), invoked, deadline));
  gateway::FunctionResult result = co_await invoked.wait();
  co_return result;
}

}  // namespace brume::server
