#include "gateway/gateway.h"

#include "base/encoding.h"
#include "base/log.h"
#include "gateway/operations.h"
#include "gateway/pipeline/exchange.h"
#include "gateway/pipeline/gateway_response.h"
#include "gateway/pipeline/http_proxy.h"
#include "gateway/pipeline/mock.h"
#include "gateway/pipeline/proxy_event.h"
#include "gateway/pipeline/proxy_response.h"
#include "gateway/pipeline/stage_directory.h"
#include "gateway/rest/control.h"
#include "service/arn.h"

namespace brume::gateway {

namespace {

constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Several slashes in front count as one, none as one.
std::string with_one_slash(std::string_view path) {
  std::size_t begin = std::min(path.find_first_not_of('/'), path.size());
  return "/" + std::string(path.substr(begin));
}

/// The span of the call, unless the caller named one of its own.
std::string with_parent(const std::string& trace_id, std::string_view span) {
  if (trace_id.find("Parent=") != trace_id.npos) return trace_id;
  std::string out = trace_id;
  out.append(";Parent=").append(span);
  return out.find("Sampled=") == out.npos ? out.append(";Sampled=0") : out;
}

std::string source_arn(const Exchange& exchange) {
  const CompiledStage& stage = exchange.stage;
  std::string arn = service::make_arn("execute-api", stage.region, stage.account, stage.api + "/" + stage.stage + "/");
  return arn.append(exchange.http.method).append(exchange.route->resource_path);
}

}  // namespace

struct Gateway::Impl {
  Impl(store::Store& store, BlockingPool& pool, FunctionInvoker& functions, RoleSource& roles, net::HttpClient& client,
       const Clock& clock, Random& random, Options given)
      : options(std::move(given)),
        functions(functions),
        roles(roles),
        client(client),
        clock(clock),
        random(random),
        directory(store, pool),
        control(store, clock, random, options) {}

  Task<net::Response> serve(ApiRequest request);
  Task<net::Response> answer(Exchange& exchange, std::optional<std::chrono::microseconds>& latency);
  Task<net::Response> call_function(const LambdaIntegration& integration, Exchange& exchange);
  Task<net::Response> call_http(const HttpIntegration& integration, Exchange& exchange);
  net::Response answer_of(FunctionAnswer answer, const Exchange& exchange);
  net::Response refuse(const GatewayError& error, const Exchange& exchange, std::string_view reason) const;
  void finish(net::Response& response, const std::string& request_id, const std::string& extended_id) const;
  std::chrono::microseconds since(SteadyTime start) const {
    return std::chrono::duration_cast<std::chrono::microseconds>(clock.monotonic() - start);
  }

  const Options options;
  FunctionInvoker& functions;
  RoleSource& roles;
  net::HttpClient& client;
  const Clock& clock;
  Random& random;
  StageDirectory directory;
  RestControl control;
};

net::Response Gateway::Impl::refuse(const GatewayError& error, const Exchange& exchange,
                                    std::string_view reason) const {
  log_warn("gateway.integration_failed", {{"request_id", exchange.request_id},
                                          {"api", exchange.stage.api},
                                          {"resource", exchange.route->resource_path},
                                          {"reason", reason}});
  return gateway_response(error);
}

/// The function's answer as an HTTP response; base64 becomes bytes only for a client that accepts them.
net::Response Gateway::Impl::answer_of(FunctionAnswer answer, const Exchange& exchange) {
  if (answer.function_error) return refuse(kBadIntegrationAnswer, exchange, "the function failed");
  if (answer.payload.size() > options.response_bytes_max)
    return refuse(kConfigurationError, exchange, "Integration response is larger than allowed");
  auto parsed = parse_proxy_response(answer.payload);
  if (!parsed) return refuse(kBadIntegrationAnswer, exchange, "Malformed Lambda proxy response");
  net::Response response;
  response.status = parsed->status;
  bool typed = false;
  for (net::Header& header : parsed->headers) {
    typed = typed || net::equal_ignoring_case(header.first, "Content-Type");
    add_integration_header(response, std::move(header.first), std::move(header.second));
  }
  if (!typed) response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("X-Amzn-Trace-Id", with_parent(exchange.trace_id, random.text(16, kHexDigits)));
  bool bytes = parsed->base64 && exchange.stage.binary.match(exchange.http.header_or_empty("Accept"));
  if (!bytes) {
    response.body = std::move(parsed->body);
  } else if (!base64_decode_append(parsed->body, response.body)) {
    return refuse(kConfigurationError, exchange, "isBase64Encoded is true and the body is not base64");
  }
  return response;
}

Task<net::Response> Gateway::Impl::call_function(const LambdaIntegration& integration, Exchange& exchange) {
  FunctionCall call;
  if (!integration.role_arn.empty()) {
    std::optional<std::string> session = co_await roles.session(integration.role_arn, exchange.stage.account);
    if (!session)
      co_return refuse(kConfigurationError, exchange,
                       "API Gateway does not have permission to assume the provided role " + integration.role_arn);
    call.session_arn = std::move(*session);
  }
  call.function_arn = integration.target.function_arn;
  call.qualifier = integration.target.qualifier;
  call.payload = proxy_event(exchange);
  call.source_arn = source_arn(exchange);
  call.source_account = exchange.stage.account;
  call.request_id = exchange.request_id;
  call.timeout = exchange.route->timeout;
  FunctionResult result = co_await functions.invoke(std::move(call));
  if (auto* answer = std::get_if<FunctionAnswer>(&result)) co_return answer_of(std::move(*answer), exchange);
  if (std::holds_alternative<FunctionTimedOut>(result)) co_return gateway_response(kEndpointTimeout);
  // "If the Lambda API rejects the invocation request, API Gateway returns a 500 error code."
  // https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
  std::string_view reason = "the function does not exist";
  if (std::holds_alternative<FunctionNotPermitted>(result)) reason = "Invalid permissions on Lambda function";
  if (std::holds_alternative<FunctionThrottled>(result)) reason = "the function is throttled";
  if (auto* failed = std::get_if<FunctionFailed>(&result)) reason = failed->reason;
  co_return refuse(kConfigurationError, exchange, reason);
}

Task<net::Response> Gateway::Impl::call_http(const HttpIntegration& integration, Exchange& exchange) {
  if (in_circle(exchange)) co_return refuse(kConfigurationError, exchange, "APIs call each other in a circle");
  std::optional<net::ClientRequest> request = proxied_request(integration, exchange);
  if (!request) co_return gateway_response(kBadParameters);
  if (request->body.empty() && !exchange.http.body.empty())
    co_return refuse(kConfigurationError, exchange, "Unable to base64 decode the body.");
  request->response_bytes_max = options.response_bytes_max;
  std::optional<net::ClientError::Reason> failed;
  net::Response upstream;
  std::string what;
  try {
    upstream = co_await client.send(std::move(*request), exchange.route->timeout);
  } catch (const net::ClientError& error) {
    failed = error.reason;
    what = error.what();
  }
  if (failed) co_return refuse(error_of(*failed), exchange, what);
  co_return proxied_response(std::move(upstream));
}

Task<net::Response> Gateway::Impl::answer(Exchange& exchange, std::optional<std::chrono::microseconds>& latency) {
  if (exchange.http.body.size() > options.request_bytes_max) co_return gateway_response(kRequestTooLong);
  RouteTable::Match match = exchange.stage.table.match(exchange.path, exchange.http.method);
  if (match.route == RouteTable::kNone) co_return gateway_response(kMissingToken);
  exchange.route = &exchange.stage.routes[static_cast<std::size_t>(match.route)];
  exchange.path_parameters = std::move(match.parameters);
  const auto& integration = exchange.route->integration;
  if (auto* mock = std::get_if<MockIntegration>(&integration)) co_return answer_mock(*mock, exchange);
  if (auto* broken = std::get_if<BrokenIntegration>(&integration))
    co_return refuse(kConfigurationError, exchange, broken->reason);
  SteadyTime start = clock.monotonic();
  net::Response response;
  if (auto* lambda = std::get_if<LambdaIntegration>(&integration)) response = co_await call_function(*lambda, exchange);
  else response = co_await call_http(std::get<HttpIntegration>(integration), exchange);
  latency = since(start);
  co_return response;
}

void Gateway::Impl::finish(net::Response& response, const std::string& request_id,
                           const std::string& extended_id) const {
  response.headers.emplace_back("x-amzn-RequestId", request_id);
  response.headers.emplace_back("x-amz-apigw-id", extended_id);
}

Task<net::Response> Gateway::Impl::serve(ApiRequest request) {
  SteadyTime start = clock.monotonic();
  const net::Request& http = *request.http;
  std::string request_id = request.request_id.empty() ? random.uuid() : std::move(request.request_id);
  std::string extended_id = random.text(15, kBase64Alphabet) + "=";
  StageDirectory::Stage stage;
  std::string unusable;
  try {
    stage = co_await directory.find(request.address.api, request.address.stage);
  } catch (const std::exception& error) {
    unusable = error.what();
  }
  if (!unusable.empty()) {
    log_error("gateway.stage_unusable",
              {{"api", request.address.api}, {"stage", request.address.stage}, {"error", unusable}});
    net::Response broken = gateway_response(kConfigurationError);
    finish(broken, request_id, extended_id);
    co_return broken;
  }
  if (!stage || stage->endpoint_disabled) {
    net::Response forbidden = gateway_response(kForbidden);
    finish(forbidden, request_id, extended_id);
    co_return forbidden;
  }
  Exchange exchange{*stage,
                    http,
                    nullptr,
                    {},
                    net::parse_query(http.query),
                    with_one_slash(request.address.path),
                    "/" + stage->stage + request.address.path,
                    request_id,
                    extended_id,
                    {},
                    {},
                    {},
                    clock.now()};
  exchange.trace_id = trace_id_of(http, exchange.received, random.text(24, kHexDigits));
  exchange.domain_name = std::move(request.address.domain);
  if (exchange.domain_name.empty())
    exchange.domain_name = stage->api + ".execute-api." + stage->region + "." + options.default_domain;
  exchange.domain_prefix = stage->api;
  std::optional<std::chrono::microseconds> integration_latency;
  net::Response response = co_await answer(exchange, integration_latency);
  finish(response, request_id, extended_id);
  if (options.recorder) {
    options.recorder->count({stage->account, stage->region, stage->api, stage->api_name, stage->stage,
                             exchange.route ? std::string_view(exchange.route->resource_path) : std::string_view{},
                             http.method, response.status, since(start), integration_latency});
  }
  co_return response;
}

Gateway::Gateway(store::Store& store, BlockingPool& pool, FunctionInvoker& functions, RoleSource& roles,
                 net::HttpClient& client, const Clock& clock, Random& random, Options options)
    : impl_(std::make_unique<Impl>(store, pool, functions, roles, client, clock, random, std::move(options))) {}

Gateway::~Gateway() = default;

Task<> Gateway::open() { return impl_->directory.load_all(); }

service::Service Gateway::service() {
  service::Service service;
  service.model = &service::apigateway_model();
  service.operations = operations(impl_->control);
  return service;
}

Task<net::Response> Gateway::serve(ApiRequest request) { return impl_->serve(std::move(request)); }

}  // namespace brume::gateway
