// Who is at the other end of a server's connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/transport/tls_session.h"

namespace brume::net {

struct Peer {
  std::string address;  ///< empty for a Unix-domain socket
  std::uint16_t port = 0;
  std::shared_ptr<const TlsSession> tls = nullptr;  ///< null without TLS, and before its handshake
  std::shared_ptr<const void> place = nullptr;  ///< held as long as the connection lives; none where nobody counts
};

}  // namespace brume::net
