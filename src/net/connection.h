// Serving one connection.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>

#include "base/task.h"
#include "net/server_loop.h"
#include "net/tls.h"

namespace brume::net {

/// TCP and Unix-domain sockets alike, on a concrete executor.
using PlainSocket = asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor>;
using TlsSocket = asio::ssl::stream<PlainSocket>;

struct Peer {
  std::string address;  ///< empty for a Unix-domain socket
  std::uint16_t port = 0;
  std::shared_ptr<const void> place;  ///< held as long as the connection lives; none where nobody counts
};

/// Starts to serve `socket` on its loop, and counts it. Called on that loop. Errors: std::bad_alloc and the like; the socket is closed then.
void serve_connection(std::shared_ptr<ServerLoop> loop, PlainSocket socket, Peer peer, std::shared_ptr<TlsContext> tls);

}  // namespace brume::net
