#include "gateway/pipeline/http_proxy.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "gateway/pipeline/proxy_response.h"

namespace brume::gateway {

namespace {

/// Belongs to the client's connection or is set anew; a mapping may still set it.
bool dropped(std::string_view name) {
  constexpr std::array<std::string_view, 3> kDropped = {"Host", "Content-Encoding", "Via"};
  return std::any_of(kDropped.begin(), kDropped.end(),
                     [&](std::string_view known) { return net::equal_ignoring_case(known, name); });
}

void append_parameter(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query.push_back('&');
  query.append(percent_encode(name)).append("=").append(percent_encode(value));
}

/// `text` with what would end the request line encoded: control characters and spaces.
std::string on_one_line(std::string_view text) {
  std::string safe;
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) safe += percent_encode(std::string_view(&c, 1));
    else safe.push_back(c);
  }
  return safe;
}

/// What stands for a {name} of the URI. The API's owner wrote constants and stage variables; the caller sent the rest, and
/// it stays in its place: what is sent in a path is encoded already, everything else is encoded here.
std::string inserted(const RequestMapping& mapping, const Exchange& exchange, bool in_query) {
  const std::string value = value_of(mapping.source, exchange);
  switch (mapping.source.kind) {
    case ParameterSource::Kind::constant:
    case ParameterSource::Kind::stage_variable: return on_one_line(value);
    case ParameterSource::Kind::path: return in_query ? percent_encode(percent_decode(value)) : on_one_line(value);
    default: return percent_encode(value);
  }
}

/// The URI with its {names} replaced, in one pass: what was inserted is not looked at again.
std::string substituted(const HttpIntegration& integration, const Exchange& exchange) {
  std::string_view rest = integration.uri;
  std::string url;
  while (true) {
    const std::size_t open = rest.find('{');
    const std::size_t close = open == rest.npos ? open : rest.find('}', open);
    if (close == rest.npos) return url.append(on_one_line(rest));
    url += on_one_line(rest.substr(0, open));
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    const auto mapping = std::find_if(integration.mappings.begin(), integration.mappings.end(), [&](const auto& m) {
      return m.target.place == ParameterPlace::path && m.target.name == name;
    });
    if (mapping == integration.mappings.end()) url += on_one_line(rest.substr(open, close - open + 1));
    else url += inserted(*mapping, exchange, url.find('?') != std::string::npos);
    rest.remove_prefix(close + 1);
  }
}

/// Segments of a URL's path that mean another place: "." and "..", however they are written.
std::size_t dot_segments(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  std::size_t count = 0;
  // A server may decode twice, or take a backslash for a slash.
  std::string path = percent_decode(percent_decode(url));
  std::replace(path.begin(), path.end(), '\\', '/');
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = std::string_view(path).substr(at, end - at);
    count += segment == "." || segment == "..";
    at = end + 1;
  }
  return count;
}

/// nullopt when what the caller sent would lead to another path than the integration's.
std::optional<std::string> url_of(const HttpIntegration& integration, const Exchange& exchange) {
  std::string url = substituted(integration, exchange);
  if (dot_segments(url) > dot_segments(integration.uri)) return std::nullopt;
  std::string query;
  for (const RequestMapping& mapping : integration.mappings) {
    if (mapping.target.place != ParameterPlace::query) continue;
    const std::string value = value_of(mapping.source, exchange);
    if (!value.empty()) append_parameter(query, mapping.target.name, value);
  }
  if (!exchange.http.query.empty()) query.append(query.empty() ? "" : "&").append(on_one_line(exchange.http.query));
  if (!query.empty()) url.append(url.find('?') == std::string::npos ? "?" : "&").append(query);
  return url;
}

void set_header(std::vector<net::Header>& headers, const std::string& name, std::string value) {
  std::erase_if(headers, [&](const net::Header& header) { return net::equal_ignoring_case(header.first, name); });
  headers.emplace_back(name, std::move(value));
}

constexpr std::string_view kPassedHeader = "x-amzn-apigateway-api-id";

/// Headers of the same name become one, as AWS sends them.
void add_header(std::vector<net::Header>& headers, std::string_view name, std::string_view value) {
  auto same = std::find_if(headers.begin(), headers.end(),
                           [&](const net::Header& header) { return net::equal_ignoring_case(header.first, name); });
  if (same == headers.end()) headers.emplace_back(std::string(name), std::string(value));
  else same->second.append(",").append(value);
}

/// Bytes become text as base64, text bytes by reading it as base64; what has the wanted form already stays.
std::string converted_body(const HttpIntegration& integration, const Exchange& exchange) {
  const std::string_view body = exchange.http.body;
  const bool binary = exchange.stage.binary.match(exchange.http.header_or_empty("Content-Type"));
  if (integration.content_handling == ContentHandling::to_text && binary) return base64_encode(body);
  if (integration.content_handling == ContentHandling::to_binary && !binary)
    return base64_decode(body).value_or(std::string());
  return std::string(body);
}

}  // namespace

bool in_circle(const Exchange& exchange) {
  constexpr std::ptrdiff_t kPassedMax = 10;
  std::ptrdiff_t passed = 0;
  for (const auto& header : exchange.http.headers)
    if (net::equal_ignoring_case(header.name, kPassedHeader))
      passed += 1 + std::count(header.value.begin(), header.value.end(), ',');
  return passed >= kPassedMax;
}

std::optional<net::ClientRequest> proxied_request(const HttpIntegration& integration, const Exchange& exchange) {
  std::optional<std::string> url = url_of(integration, exchange);
  if (!url) return std::nullopt;
  net::ClientRequest request;
  bool own = integration.method.empty() || integration.method == "ANY";
  request.method = own ? std::string(exchange.http.method) : integration.method;
  request.url = std::move(*url);
  ForwardedHeaders forwarded(exchange);
  for (const ForwardedHeader& header : forwarded.all())
    if (!dropped(header.name)) add_header(request.headers, header.name, header.value);
  add_header(request.headers, kPassedHeader, exchange.stage.api);
  for (const RequestMapping& mapping : integration.mappings) {
    if (mapping.target.place != ParameterPlace::header) continue;
    if (net::equal_ignoring_case(mapping.target.name, kPassedHeader)) continue;  // not for an API to hide: in_circle()
    std::string value = value_of(mapping.source, exchange);
    if (!value.empty() && valid_header(mapping.target.name, value))
      set_header(request.headers, mapping.target.name, std::move(value));
  }
  request.body = converted_body(integration, exchange);
  return request;
}

net::Response proxied_response(net::Response upstream) {
  net::Response response;
  response.status = upstream.status;
  response.body = std::move(upstream.body);
  for (net::Header& header : upstream.headers)
    add_integration_header(response, std::move(header.first), std::move(header.second));
  return response;
}

const GatewayError& error_of(net::ClientError::Reason reason) {
  using Reason = net::ClientError::Reason;
  switch (reason) {
    case Reason::bad_url:
    case Reason::resolve:
    case Reason::too_large:
    case Reason::forbidden: return kConfigurationError;
    case Reason::timeout: return kEndpointTimeout;
    case Reason::connect:
    case Reason::tls:
    case Reason::closed:
    case Reason::protocol: break;
  }
  return kNetworkError;
}

}  // namespace brume::gateway
