#include "gateway/pipeline/exchange.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/time_text.h"

namespace brume::gateway {

namespace {

/// Ends at the gateway.
constexpr std::array<std::string_view, 18> kConsumed = {
    "connection",      "content-length",     "content-md5",      "expect",           "keep-alive",
    "max-forwards",    "proxy-authenticate", "proxy-connection", "server",           "te",
    "trailer",         "transfer-encoding",  "upgrade",          "www-authenticate", "x-amzn-trace-id",
    "x-forwarded-for", "x-forwarded-port",   "x-forwarded-proto"};
/// However a client spells them.
constexpr std::array<std::string_view, 3> kRespelt = {"Authorization", "Host", "User-Agent"};

const std::string_view* find_name(const auto& names, std::string_view name) {
  auto found = std::find_if(names.begin(), names.end(),
                            [&](std::string_view known) { return net::equal_ignoring_case(known, name); });
  return found == names.end() ? nullptr : &*found;
}

std::string_view port_of(const net::Request& request) {
  std::string_view host = request.header_or_empty("Host");
  std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) return host.substr(colon + 1);
  return request.secure ? "443" : "80";
}

std::string joined(const std::vector<std::string_view>& values) {
  std::string out;
  for (std::string_view value : values) out.append(out.empty() ? "" : ",").append(value);
  return out;
}

std::string header_value(const Exchange& exchange, std::string_view name, bool all) {
  std::vector<std::string_view> values;
  for (const net::HeaderView& header : exchange.http.headers)
    if (net::equal_ignoring_case(header.name, name)) values.push_back(header.value);
  if (values.empty()) return {};
  return all ? joined(values) : std::string(values.back());
}

std::string query_value(const Exchange& exchange, std::string_view name, bool all) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : exchange.query)
    if (key == name) values.push_back(value);
  if (values.empty()) return {};
  return all ? joined(values) : std::string(values.back());
}

std::string context_value(const Exchange& x, std::string_view name) {
  if (name == "accountId") return x.stage.account;
  if (name == "apiId") return x.stage.api;
  if (name == "deploymentId") return x.stage.deployment;
  if (name == "domainName") return x.domain_name;
  if (name == "domainPrefix") return x.domain_prefix;
  if (name == "extendedRequestId") return x.extended_id;
  if (name == "httpMethod") return std::string(x.http.method);
  if (name == "identity.sourceIp") return std::string(x.http.peer_address);
  if (name == "identity.userAgent") return std::string(x.http.header_or_empty("User-Agent"));
  if (name == "path") return x.full_path;
  if (name == "protocol") return "HTTP/1.1";
  if (name == "requestId") return x.request_id;
  if (name == "requestTime") return request_time(x.received);
  if (name == "requestTimeEpoch") return std::to_string(unix_millis(x.received));
  if (name == "resourceId") return x.route->resource_id;
  if (name == "resourcePath") return x.route->resource_path;
  if (name == "stage") return x.stage.stage;
  return {};
}

}  // namespace

ForwardedHeaders::ForwardedHeaders(const Exchange& exchange) {
  const net::Request& http = exchange.http;
  headers_.reserve(http.headers.size() + 4);
  for (const net::HeaderView& header : http.headers) {
    if (find_name(kConsumed, header.name)) continue;
    const std::string_view* spelling = find_name(kRespelt, header.name);
    headers_.push_back({spelling ? *spelling : header.name, header.value});
  }
  forwarded_for_ = header_value(exchange, "X-Forwarded-For", true);
  if (!forwarded_for_.empty()) forwarded_for_ += ", ";
  forwarded_for_ += http.peer_address;
  port_ = port_of(http);
  headers_.push_back({"X-Amzn-Trace-Id", exchange.trace_id});
  headers_.push_back({"X-Forwarded-For", forwarded_for_});
  headers_.push_back({"X-Forwarded-Port", port_});
  headers_.push_back({"X-Forwarded-Proto", http.secure ? "https" : "http"});
}

std::string value_of(const ParameterSource& source, const Exchange& exchange) {
  using Kind = ParameterSource::Kind;
  switch (source.kind) {
    case Kind::constant: return source.name;
    case Kind::body: return std::string(exchange.http.body);
    case Kind::query:
    case Kind::multi_query: return query_value(exchange, source.name, source.kind == Kind::multi_query);
    case Kind::header:
    case Kind::multi_header: return header_value(exchange, source.name, source.kind == Kind::multi_header);
    case Kind::stage_variable: return std::string(exchange.stage.variable(source.name));
    case Kind::context: return context_value(exchange, source.name);
    case Kind::path: break;
  }
  for (const auto& [name, value] : exchange.path_parameters)
    if (name == source.name) return std::string(value);
  return {};
}

std::string request_time(WallTime time) { return format_utc(time, "%d/%b/%Y:%H:%M:%S +0000"); }

std::string trace_id_of(const net::Request& request, WallTime now, std::string_view random_hex) {
  std::string_view given = request.header_or_empty("X-Amzn-Trace-Id");
  if (given.find("Root=") != std::string_view::npos) return std::string(given);
  char seconds[20];
  std::snprintf(seconds, sizeof seconds, "%08llx", static_cast<unsigned long long>(unix_millis(now) / 1000));
  return "Root=1-" + std::string(seconds) + "-" + std::string(random_hex);
}

}  // namespace brume::gateway
