#include "gateway/pipeline/mock.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "gateway/pipeline/gateway_response.h"
#include "gateway/pipeline/plain_template.h"
#include "gateway/pipeline/proxy_response.h"

namespace brume::gateway {

namespace {

constexpr std::string_view kJson = "application/json";

std::string_view media_type(std::string_view header) {
  std::string_view type = header.substr(0, header.find_first_of(",;"));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

template <class T>
const T* find_template(const std::vector<std::pair<std::string, T>>& templates, std::string_view type) {
  for (const auto& [content_type, content] : templates)
    if (net::equal_ignoring_case(content_type, type)) return &content;
  return nullptr;
}

net::Response misconfigured(const Exchange& exchange, std::string_view reason) {
  log_warn("gateway.configuration_error", {{"request_id", exchange.request_id}, {"reason", reason}});
  return gateway_response(kConfigurationError);
}

/// The default response, or the first whose pattern is the whole status code.
const MockResponse* select(const MockIntegration& mock, int status) {
  std::string code = std::to_string(status);
  for (const MockResponse& response : mock.responses)
    if (response.pattern && response.pattern->matches(code)) return &response;
  for (const MockResponse& response : mock.responses)
    if (!response.pattern) return &response;
  return nullptr;
}

net::Response render(const MockResponse& mock, const Exchange& exchange) {
  net::Response response;
  response.status = mock.status;
  std::string type(kJson);
  if (!mock.templates.empty()) {
    auto wanted = [&](std::string_view content_type) {
      return std::find_if(mock.templates.begin(), mock.templates.end(),
                          [&](const auto& entry) { return net::equal_ignoring_case(entry.first, content_type); });
    };
    auto chosen = wanted(media_type(exchange.http.header_or_empty("Accept")));
    if (chosen == mock.templates.end()) chosen = wanted(kJson);
    if (chosen == mock.templates.end()) chosen = mock.templates.begin();
    type = chosen->first;
    response.body = chosen->second;
  }
  if (mock.content_handling == ContentHandling::to_binary) {
    std::optional<std::string> bytes = base64_decode(response.body);
    if (!bytes) return misconfigured(exchange, "Unable to base64 decode the body.");
    response.body = std::move(*bytes);
  }
  bool typed = false;
  for (const auto& [name, source] : mock.headers) {
    std::string value = value_of(source, exchange);
    if (!valid_header(name, value)) continue;
    typed = typed || net::equal_ignoring_case(name, "Content-Type");
    add_integration_header(response, name, std::move(value));
  }
  if (!typed) response.headers.emplace_back("Content-Type", std::move(type));
  return response;
}

}  // namespace

net::Response answer_mock(const MockIntegration& mock, const Exchange& exchange) {
  std::string_view type = media_type(exchange.http.header_or_empty("Content-Type"));
  const std::optional<int>* from_template = find_template(mock.templates, type.empty() ? kJson : type);
  std::optional<int> status;
  if (from_template) {
    // Templates work on text alone.
    const bool bytes = mock.content_handling == ContentHandling::to_binary ||
                       (mock.content_handling == ContentHandling::none &&
                        exchange.stage.binary.match(exchange.http.header_or_empty("Content-Type")));
    if (bytes) return misconfigured(exchange, "Unable to transform request");
    status = *from_template;
  } else {
    bool refused = mock.passthrough == Passthrough::never ||
                   (mock.passthrough == Passthrough::when_no_templates && !mock.templates.empty());
    if (refused) return gateway_response(kUnsupportedMediaType);
    status = mock_status_code(exchange.http.body);  // the body passes through and is the request of the mock
  }
  if (!status)
    return misconfigured(
        exchange, "Unable to parse statusCode. It should be an integer that is defined in the request template.");
  const MockResponse* response = select(mock, *status);
  if (!response)
    return misconfigured(exchange,
                         "No match for output mapping and no default output mapping configured. Endpoint "
                         "Response Status Code: " +
                             std::to_string(*status));
  return render(*response, exchange);
}

}  // namespace brume::gateway
