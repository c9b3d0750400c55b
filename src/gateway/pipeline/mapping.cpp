#include "gateway/pipeline/mapping.h"

#include <algorithm>
#include <array>
#include <utility>

namespace brume::gateway {

namespace {

/// What follows `prefix`, or "" when `text` does not begin with it.
std::string_view after(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view{};
}

/// Context members that a mapping can name; the pipeline's request_value() knows each.
constexpr std::array<std::string_view, 17> kContextMembers = {
    "accountId",         "apiId",      "deploymentId",      "domainName",         "domainPrefix",
    "extendedRequestId", "httpMethod", "identity.sourceIp", "identity.userAgent", "path",
    "protocol",          "requestId",  "requestTime",       "requestTimeEpoch",   "resourceId",
    "resourcePath",      "stage"};

}  // namespace

std::optional<ParameterTarget> parse_parameter_target(std::string_view key) {
  constexpr std::pair<std::string_view, ParameterPlace> kPlaces[] = {
      {"integration.request.path.", ParameterPlace::path},
      {"integration.request.querystring.", ParameterPlace::query},
      {"integration.request.header.", ParameterPlace::header}};
  for (auto [prefix, place] : kPlaces)
    if (std::string_view name = after(key, prefix); !name.empty()) return ParameterTarget{place, std::string(name)};
  return std::nullopt;
}

std::optional<std::string> parse_constant(std::string_view expression) {
  if (expression.size() < 2 || expression.front() != '\'' || expression.back() != '\'') return std::nullopt;
  return std::string(expression.substr(1, expression.size() - 2));
}

std::optional<ParameterSource> parse_parameter_source(std::string_view expression) {
  using Kind = ParameterSource::Kind;
  if (auto constant = parse_constant(expression)) return ParameterSource{Kind::constant, std::move(*constant)};
  if (expression == "method.request.body") return ParameterSource{Kind::body, {}};
  constexpr std::pair<std::string_view, Kind> kPrefixes[] = {
      {"method.request.path.", Kind::path},
      {"method.request.querystring.", Kind::query},
      {"method.request.multivaluequerystring.", Kind::multi_query},
      {"method.request.header.", Kind::header},
      {"method.request.multivalueheader.", Kind::multi_header},
      {"stageVariables.", Kind::stage_variable},
      {"context.", Kind::context}};
  for (auto [prefix, kind] : kPrefixes) {
    std::string_view name = after(expression, prefix);
    if (name.empty()) continue;
    if (kind == Kind::context &&
        std::find(kContextMembers.begin(), kContextMembers.end(), name) == kContextMembers.end())
      return std::nullopt;
    return ParameterSource{kind, std::string(name)};
  }
  return std::nullopt;
}

std::string declared_name(const ParameterSource& source) {
  using Kind = ParameterSource::Kind;
  switch (source.kind) {
    case Kind::path: return "method.request.path." + source.name;
    case Kind::query:
    case Kind::multi_query: return "method.request.querystring." + source.name;
    case Kind::header:
    case Kind::multi_header: return "method.request.header." + source.name;
    default: return {};
  }
}

std::optional<std::string> parse_response_header(std::string_view key) {
  std::string_view name = after(key, "method.response.header.");
  if (name.empty()) return std::nullopt;
  return std::string(name);
}

}  // namespace brume::gateway
