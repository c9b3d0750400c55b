#include "gateway/pipeline/proxy_event.h"

#include <charconv>

#include "base/encoding.h"
#include "base/json_text.h"

namespace brume::gateway {

namespace {

/// Writes members of objects in order, straight into the text.
class EventWriter {
 public:
  explicit EventWriter(std::string& out) : out_(out) {}

  void open() { begin('{'); }
  void close() { end('}'); }
  void key(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = true;
    append_json_string(out_, name);
    out_.push_back(':');
  }
  void raw(std::string_view text) {
    out_.append(text);
    first_ = false;
  }
  void string(std::string_view value) {
    append_json_string(out_, value);
    first_ = false;
  }
  void member(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }
  void null(std::string_view name) {
    key(name);
    raw("null");
  }
  void open_array() { begin('['); }
  void close_array() { end(']'); }
  void element(std::string_view value) {
    if (!first_) out_.push_back(',');
    string(value);
  }

 private:
  void begin(char bracket) {
    out_.push_back(bracket);
    first_ = true;
  }
  void end(char bracket) {
    out_.push_back(bracket);
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;  // no comma before what comes next
};

/// Names in the order of their first use, each with all its values.
struct Grouped {
  std::string_view name;
  std::vector<std::string_view> values;
};

template <class Same>
void group(std::vector<Grouped>& groups, std::string_view name, std::string_view value, Same same) {
  for (Grouped& entry : groups)
    if (same(entry.name, name)) {
      entry.values.push_back(value);
      return;
    }
  groups.push_back({name, {value}});
}

/// Member `single` with the last value of each name and member `multi` with all of them; null when there are none.
void write_groups(EventWriter& writer, const std::vector<Grouped>& groups, std::string_view single,
                  std::string_view multi) {
  if (groups.empty()) {
    writer.null(single);
    writer.null(multi);
    return;
  }
  writer.key(single);
  writer.open();
  for (const Grouped& entry : groups) writer.member(entry.name, entry.values.back());
  writer.close();
  writer.key(multi);
  writer.open();
  for (const Grouped& entry : groups) {
    writer.key(entry.name);
    writer.open_array();
    for (std::string_view value : entry.values) writer.element(value);
    writer.close_array();
  }
  writer.close();
}

void write_headers(EventWriter& writer, const Exchange& exchange) {
  ForwardedHeaders headers(exchange);
  std::vector<Grouped> groups;
  groups.reserve(headers.all().size());
  for (const ForwardedHeader& header : headers.all())
    group(groups, header.name, header.value, net::equal_ignoring_case);
  write_groups(writer, groups, "headers", "multiValueHeaders");
}

void write_query(EventWriter& writer, const Exchange& exchange) {
  std::vector<Grouped> groups;
  for (const auto& [name, value] : exchange.query)
    group(groups, name, value, [](std::string_view a, std::string_view b) { return a == b; });
  write_groups(writer, groups, "queryStringParameters", "multiValueQueryStringParameters");
}

void write_path_parameters(EventWriter& writer, const Exchange& exchange) {
  if (exchange.path_parameters.empty()) return writer.null("pathParameters");
  writer.key("pathParameters");
  writer.open();
  for (const auto& [name, value] : exchange.path_parameters) writer.member(name, value);
  writer.close();
}

void write_identity(EventWriter& writer, const Exchange& exchange) {
  writer.key("identity");
  writer.open();
  for (std::string_view name : {"cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller"}) writer.null(name);
  writer.member("sourceIp", exchange.http.peer_address);
  for (std::string_view name :
       {"principalOrgId", "accessKey", "cognitoAuthenticationType", "cognitoAuthenticationProvider", "userArn"})
    writer.null(name);
  if (auto agent = exchange.http.header("User-Agent")) writer.member("userAgent", *agent);
  else writer.null("userAgent");
  writer.null("user");
  writer.close();
}

void write_context(EventWriter& writer, const Exchange& exchange) {
  char epoch[24];
  auto end = std::to_chars(epoch, epoch + sizeof epoch, unix_millis(exchange.received)).ptr;
  writer.key("requestContext");
  writer.open();
  writer.member("resourceId", exchange.route->resource_id);
  writer.member("resourcePath", exchange.route->resource_path);
  writer.member("httpMethod", exchange.http.method);
  writer.member("extendedRequestId", exchange.extended_id);
  writer.member("requestTime", request_time(exchange.received));
  writer.member("path", exchange.full_path);
  writer.member("accountId", exchange.stage.account);
  writer.member("protocol", "HTTP/1.1");
  writer.member("stage", exchange.stage.stage);
  writer.member("domainPrefix", exchange.domain_prefix);
  writer.key("requestTimeEpoch");
  writer.raw({epoch, static_cast<std::size_t>(end - epoch)});
  writer.member("requestId", exchange.request_id);
  write_identity(writer, exchange);
  writer.member("domainName", exchange.domain_name);
  writer.member("deploymentId", exchange.stage.deployment);
  writer.member("apiId", exchange.stage.api);
  writer.close();
}

}  // namespace

std::string proxy_event(const Exchange& exchange) {
  std::string_view body = exchange.http.body;
  bool binary = !body.empty() && exchange.stage.binary.match(exchange.http.header_or_empty("Content-Type"));
  std::string out;
  out.reserve(2048 + exchange.http.headers.size() * 128 + body.size() * 3 / 2);
  EventWriter writer(out);
  writer.open();
  writer.member("resource", exchange.route->resource_path);
  writer.member("path", exchange.path);
  writer.member("httpMethod", exchange.http.method);
  write_headers(writer, exchange);
  write_query(writer, exchange);
  write_path_parameters(writer, exchange);
  writer.key("stageVariables");
  writer.raw(exchange.stage.variables_json);
  write_context(writer, exchange);
  if (body.empty()) {
    writer.null("body");
  } else if (binary) {
    writer.key("body");
    out.push_back('"');
    base64_append(out, body);
    writer.raw("\"");
  } else {
    writer.member("body", body);
  }
  writer.key("isBase64Encoded");
  writer.raw(binary ? "true" : "false");
  writer.close();
  return out;
}

}  // namespace brume::gateway
