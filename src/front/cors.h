// Cross-origin calls from browsers to the service endpoint.
#pragma once

#include "net/http_message.h"

namespace brume::front {

/// The answer to a preflight request.
net::Response preflight(const net::Request& request);

/// Lets a page of any origin read `response`. Credentials are in the signature, not in cookies.
void allow_origin(net::Response& response);

}  // namespace brume::front
