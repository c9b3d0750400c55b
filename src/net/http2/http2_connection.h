// One HTTP/2 connection of the server: the socket of a session.
#pragma once

#include <memory>
#include <string>

#include "net/connection/peer.h"
#include "net/connection/server_loop.h"

namespace brume::net {

/// What a client sends first (RFC 9113, section 3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves a connection whose peer speaks HTTP/2, to its end. `begun` was read from the socket already. Stream is
/// PlainSocket or TlsSocket; `tls` is what the latter stands on.
template <class Stream>
Task<> serve_http2(std::shared_ptr<ServerLoop> loop, std::unique_ptr<Stream> socket, Peer peer, std::string begun,
                   std::shared_ptr<void> tls);

}  // namespace brume::net
