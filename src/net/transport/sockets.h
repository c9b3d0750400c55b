// The sockets that connections stand on.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "base/task.h"

namespace brume::net {

/// TCP and Unix-domain sockets alike, on a concrete executor.
using PlainSocket = asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor>;
using TlsSocket = asio::ssl::stream<PlainSocket>;

}  // namespace brume::net
