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

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

void append_parameter(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query.push_back('&');
  query.append(percent_encode(name)).append("=").append(percent_encode(value));
}

std::string url_of(const HttpIntegration& integration, const Exchange& exchange) {
  std::string url = integration.uri;
  std::string query;
  for (const RequestMapping& mapping : integration.mappings) {
    std::string value = value_of(mapping.source, exchange);
    if (mapping.target.place == ParameterPlace::path) {
      replace_all(url, "{" + mapping.target.name + "}", value);
    } else if (mapping.target.place == ParameterPlace::query && !value.empty()) {
      append_parameter(query, mapping.target.name, value);
    }
  }
  if (!exchange.http.query.empty()) query.append(query.empty() ? "" : "&").append(exchange.http.query);
  if (!query.empty()) url.append(url.find('?') == std::string::npos ? "?" : "&").append(query);
  // Control characters and spaces (from decoded constants) would end the request line.
  std::string safe;
  for (char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) safe += percent_encode(std::string_view(&c, 1));
    else safe.push_back(c);
  }
  return safe;
}

void set_header(std::vector<net::Header>& headers, const std::string& name, std::string value) {
  std::erase_if(headers, [&](const net::Header& header) { return net::equal_ignoring_case(header.first, name); });
  headers.emplace_back(name, std::move(value));
}

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

net::ClientRequest proxied_request(const HttpIntegration& integration, const Exchange& exchange) {
  net::ClientRequest request;
  bool own = integration.method.empty() || integration.method == "ANY";
  request.method = own ? std::string(exchange.http.method) : integration.method;
  request.url = url_of(integration, exchange);
  ForwardedHeaders forwarded(exchange);
  for (const ForwardedHeader& header : forwarded.all())
    if (!dropped(header.name)) add_header(request.headers, header.name, header.value);
  request.headers.emplace_back("x-amzn-apigateway-api-id", exchange.stage.api);
  for (const RequestMapping& mapping : integration.mappings) {
    if (mapping.target.place != ParameterPlace::header) continue;
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
    case Reason::too_large: return kConfigurationError;
    case Reason::timeout: return kEndpointTimeout;
    case Reason::connect:
    case Reason::tls:
    case Reason::closed:
    case Reason::protocol: break;
  }
  return kNetworkError;
}

}  // namespace brume::gateway
