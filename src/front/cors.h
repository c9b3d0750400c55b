// Cross-origin calls from browsers to the service endpoint.
#pragma once

#include "front/front.h"
#include "net/message/http_message.h"

namespace brume::front {

/// May pages of `origin` (the value of an Origin header) call? Those of `options.cors_origins` may; in open mode those
/// of the loopback, whatever their port. Sandboxed pages and files ("null") may not.
bool origin_allowed(std::string_view origin, const Options& options);

/// The answer to a preflight request of an origin that may call.
net::Response preflight(const net::Request& request);

/// Lets a page of `origin` read `response`. Credentials are in the signature, not in cookies.
void allow_origin(net::Response& response, std::string_view origin);

}  // namespace brume::front
