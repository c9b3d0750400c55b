// Parameter mapping expressions of integrations: where a value of the integration's request comes from.
//   integration.request.path.id = method.request.path.id
//   integration.request.header.X-Stage = stageVariables.name, 'static text', context.requestId …
// https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume::gateway {

enum class ParameterPlace : std::uint8_t { path, query, header };

/// The left side, integration.request.{path,querystring,header}.NAME.
struct ParameterTarget {
  ParameterPlace place = ParameterPlace::header;
  std::string name;
};
std::optional<ParameterTarget> parse_parameter_target(std::string_view key);

/// The right side.
struct ParameterSource {
  enum class Kind : std::uint8_t {
    constant,
    path,
    query,
    multi_query,
    header,
    multi_header,
    body,
    stage_variable,
    context
  };
  Kind kind = Kind::constant;
  std::string name;  ///< the constant's text, or the parameter's, variable's or context member's name
};
/// nullopt when the expression is none that can be evaluated.
std::optional<ParameterSource> parse_parameter_source(std::string_view expression);

/// "method.request.path.id" for sources that the method has to declare, "" for others.
std::string declared_name(const ParameterSource& source);

/// "method.response.header.NAME" → NAME; nullopt for anything else.
std::optional<std::string> parse_response_header(std::string_view key);
/// The text between the quotes of 'static text'; nullopt when the expression is something else.
std::optional<std::string> parse_constant(std::string_view expression);

/// `text` with each ${stageVariables.NAME} replaced by variable(NAME); unknown ones by nothing.
template <class F>
std::string with_stage_variables(std::string_view text, F&& variable) {
  constexpr std::string_view kOpen = "${stageVariables.";
  std::string out;
  while (true) {
    std::size_t open = text.find(kOpen);
    std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, open));
    out.append(variable(text.substr(open + kOpen.size(), close - open - kOpen.size())));
    text.remove_prefix(close + 1);
  }
}

}  // namespace brume::gateway
