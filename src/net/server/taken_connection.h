// A connection of HTTP/1.1 that a handler has taken over.
#pragma once

#include <memory>
#include <string>

#include "net/connection/peer.h"
#include "net/connection/server_loop.h"
#include "net/message/channel.h"

namespace brume::net {

/// Starts to run `takeover` on the socket, whose response is sent; `begun` was read from it already. Stream is PlainSocket
/// or TlsSocket; `tls` is what the latter stands on. Counts as a connection and as a handler under way.
template <class Stream>
void serve_taken(std::shared_ptr<ServerLoop> loop, std::unique_ptr<Stream> socket, Peer peer, std::string begun,
                 std::shared_ptr<void> tls, std::shared_ptr<const Takeover> takeover);

}  // namespace brume::net
