// The event that a Lambda proxy integration gives to its function (payload format 1.0).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
#pragma once

#include <string>

#include "gateway/pipeline/exchange.h"

namespace brume::gateway {

/// JSON text. exchange.route is set.
std::string proxy_event(const Exchange& exchange);

}  // namespace brume::gateway
