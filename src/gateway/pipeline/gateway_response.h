// Responses that the gateway gives of itself, and what every response carries.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
#pragma once

#include <string_view>

#include "net/message/http_message.h"

namespace brume::gateway {

struct GatewayError {
  int status;
  std::string_view message;
  std::string_view type;  ///< header x-amzn-ErrorType
};

inline constexpr GatewayError kForbidden{403, "Forbidden", "ForbiddenException"};
inline constexpr GatewayError kBadParameters{400, "Bad Request", "BadRequestException"};
inline constexpr GatewayError kMissingToken{403, "Missing Authentication Token", "MissingAuthenticationTokenException"};
inline constexpr GatewayError kRequestTooLong{413, "Request Too Long", "RequestTooLargeException"};
inline constexpr GatewayError kUnsupportedMediaType{415, "Unsupported Media Type", "BadRequestException"};
/// The API is configured so that it can't answer, or may not call its integration.
inline constexpr GatewayError kConfigurationError{500, "Internal server error", "InternalServerErrorException"};
/// The function failed, or answered what is no proxy response.
inline constexpr GatewayError kBadIntegrationAnswer{502, "Internal server error", "InternalServerErrorException"};
inline constexpr GatewayError kEndpointTimeout{504, "Endpoint request timed out", "InternalServerErrorException"};
inline constexpr GatewayError kNetworkError{504, "Network error communicating with endpoint",
                                            "InternalServerErrorException"};

inline constexpr GatewayError kRequestTimeout{408, "Request Timeout", "RequestTimeoutException"};
inline constexpr GatewayError kOverloaded{503, "Service Unavailable", "ServiceUnavailableException"};

net::Response gateway_response(const GatewayError& error);

/// Puts an integration's header into a response as AWS does: Connection, Content-Length, Date, Server,
/// WWW-Authenticate and the request id go as x-amzn-Remapped-…, Transfer-Encoding and Via not at all.
void add_integration_header(net::Response& response, std::string name, std::string value);

}  // namespace brume::gateway
