// HTTP_PROXY integrations: the request goes on to a web address, its response comes back.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
#pragma once

#include <optional>

#include "gateway/pipeline/exchange.h"
#include "gateway/pipeline/gateway_response.h"
#include "net/client/http_client.h"

namespace brume::gateway {

/// Whether the request has passed through ten APIs, each of which called the next: then they call each other, or themselves,
/// and one request would become as many as the server has connections. It shows in x-amzn-apigateway-api-id, to which each
/// adds its own id. Pure.
bool in_circle(const Exchange& exchange);

/// The request that the integration gets; nullopt when the caller's path parameters, headers or query values would lead out
/// of the path that the integration names ("..", however it is written). Its body is empty where contentHandling asks for
/// the bytes of a text that is not base64: a configuration error to AWS. Pure.
std::optional<net::ClientRequest> proxied_request(const HttpIntegration& integration, const Exchange& exchange);

/// The response as the client gets it. Pure.
net::Response proxied_response(net::Response upstream);

/// What the client is told when no response came.
const GatewayError& error_of(net::ClientError::Reason reason);

}  // namespace brume::gateway
