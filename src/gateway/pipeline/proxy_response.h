// What a function answers to a Lambda proxy integration.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/message/http_message.h"

namespace brume::gateway {

struct ProxyResponse {
  int status = 200;
  std::vector<net::Header> headers;  ///< multiValueHeaders first, then headers
  std::string body;
  bool base64 = false;               ///< the body is base64 text
};

/// nullopt when the payload is no proxy response: not an object, a member that is none of the five
/// (statusCode, headers, multiValueHeaders, body, isBase64Encoded), a member of the wrong type, or a header
/// that HTTP can't carry.
std::optional<ProxyResponse> parse_proxy_response(std::string_view payload);

/// May stand in a header: a token for the name, no control characters in the value.
bool valid_header(std::string_view name, std::string_view value);

}  // namespace brume::gateway
