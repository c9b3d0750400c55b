#include "gateway/pipeline/proxy_response.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace brume::gateway {

namespace dom = simdjson::dom;

namespace {

constexpr std::size_t kKeptCapacity = 1 << 20;
constexpr std::size_t kDepthMax = 64;  // a proxy response has depth 3; the rest is malformed anyway

/// Numbers and booleans are taken as their text, as AWS does; null means that there is no value.
std::optional<std::string> scalar_text(dom::element value) {
  switch (value.type()) {
    case dom::element_type::STRING: return std::string(value.get_string().value_unsafe());
    case dom::element_type::BOOL: return value.get_bool().value_unsafe() ? "true" : "false";
    case dom::element_type::INT64: return std::to_string(value.get_int64().value_unsafe());
    case dom::element_type::UINT64: return std::to_string(value.get_uint64().value_unsafe());
    case dom::element_type::DOUBLE: {
      char text[32];
      auto end = std::to_chars(text, text + sizeof text, value.get_double().value_unsafe()).ptr;
      return std::string(text, end);
    }
    default: return std::nullopt;
  }
}

bool add_header(ProxyResponse& response, std::string_view name, dom::element value) {
  if (value.is_null()) return true;
  auto text = scalar_text(value);
  if (!text || !valid_header(name, *text)) return false;
  response.headers.emplace_back(std::string(name), std::move(*text));
  return true;
}

bool read_headers(ProxyResponse& response, dom::element value) {
  if (value.is_null()) return true;
  dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto field : object)
    if (!add_header(response, field.key, field.value)) return false;
  return true;
}

bool read_multi_headers(ProxyResponse& response, dom::element value) {
  if (value.is_null()) return true;
  dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto field : object) {
    if (field.value.is_null()) continue;
    dom::array values;
    if (field.value.get_array().get(values) != simdjson::SUCCESS) return false;
    for (dom::element one : values)
      if (!add_header(response, field.key, one)) return false;
  }
  return true;
}

/// 200 … 599; what is below would leave the client waiting for the real response.
bool read_status(ProxyResponse& response, dom::element value) {
  if (value.is_null()) return true;
  std::int64_t status = 0;
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
  } else if (double number = 0; value.get_double().get(number) == simdjson::SUCCESS) {
    if (number < 0 || number > 1000 || number != static_cast<double>(static_cast<std::int64_t>(number))) return false;
    status = static_cast<std::int64_t>(number);
  } else {
    return false;
  }
  if (status < 200 || status > 599) return false;
  response.status = static_cast<int>(status);
  return true;
}

bool read_body(ProxyResponse& response, dom::element value) {
  if (value.is_null()) return true;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  response.body.assign(text);
  return true;
}

bool read_members(ProxyResponse& response, dom::object object) {
  std::optional<dom::element> single;
  for (auto field : object) {
    bool valid = false;
    if (field.key == "statusCode") valid = read_status(response, field.value);
    else if (field.key == "body") valid = read_body(response, field.value);
    else if (field.key == "multiValueHeaders") valid = read_multi_headers(response, field.value);
    else if (field.key == "isBase64Encoded")
      valid = field.value.is_null() || field.value.get_bool().get(response.base64) == simdjson::SUCCESS;
    else if (field.key == "headers") valid = (single = field.value, true);
    if (!valid) return false;
  }
  return !single || read_headers(response, *single);
}

}  // namespace

bool valid_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  bool token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kSymbols.find(c) != std::string_view::npos;
  });
  return token &&
         std::all_of(value.begin(), value.end(), [](unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; });
}

std::optional<ProxyResponse> parse_proxy_response(std::string_view payload) {
  thread_local dom::parser parser;
  if (payload.empty()) return std::nullopt;
  if (parser.capacity() < payload.size() &&
      parser.allocate(std::max<std::size_t>(payload.size(), 64 * 1024), kDepthMax) != simdjson::SUCCESS)
    return std::nullopt;
  std::optional<ProxyResponse> response;
  dom::element root;
  dom::object object;
  if (parser.parse(payload.data(), payload.size()).get(root) == simdjson::SUCCESS &&
      root.get_object().get(object) == simdjson::SUCCESS) {
    response.emplace();
    if (!read_members(*response, object)) response.reset();
  }
  if (parser.capacity() > kKeptCapacity)
    parser = dom::parser();  // a large answer's memory is not kept for every thread
  return response;
}

}  // namespace brume::gateway
