// HTTP_PROXY integrations: the request goes on to a web address, its response comes back.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
#pragma once

#include "gateway/pipeline/exchange.h"
#include "gateway/pipeline/gateway_response.h"
#include "net/http_client.h"

namespace brume::gateway {

/// The request that the integration gets. Pure. Its body is empty where contentHandling asks for the bytes of a text
/// that is not base64: a configuration error to AWS.
net::ClientRequest proxied_request(const HttpIntegration& integration, const Exchange& exchange);

/// The response as the client gets it. Pure.
net::Response proxied_response(net::Response upstream);

/// What the client is told when no response came.
const GatewayError& error_of(net::ClientError::Reason reason);

}  // namespace brume::gateway
