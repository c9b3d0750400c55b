// Serving one connection.
#pragma once

#include <memory>

#include "net/connection/peer.h"
#include "net/connection/server_loop.h"
#include "net/transport/sockets.h"
#include "net/transport/tls.h"

namespace brume::net {

/// Starts to serve `socket` on its loop, and counts it. Called on that loop. Errors: std::bad_alloc and the like; the socket is closed then.
void serve_connection(std::shared_ptr<ServerLoop> loop, PlainSocket socket, Peer peer, std::shared_ptr<TlsContext> tls);

}  // namespace brume::net
