// The opening handshake (RFC 6455, section 4; RFC 8441 on HTTP/2).
#pragma once

#include <string>
#include <vector>

#include "net/message/http_message.h"
#include "net/websocket/websocket.h"

namespace brume::net {

/// Whether a request wants to become a WebSocket, well-formed or not.
bool asks_for_websocket(const Request& request);
/// The subprotocols that the client offers, in its order; empty also where the list is malformed.
std::vector<std::string> offered_subprotocols(const Request& request);

/// The response that makes a WebSocket of the request's connection and gives it to `handler`; 400, or 426 for a version
/// that is not ours, where the request is not as the RFC demands. `subprotocol`: one of those offered, or none.
Response accept_websocket(const Request& request, const WebSocketSettings& settings, WebSocket::Handler handler,
                          const std::string& subprotocol = {});

/// What a server answers to a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

}  // namespace brume::net
