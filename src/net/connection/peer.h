// Who is at the other end of a server's connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace brume::net {

struct Peer {
  std::string address;  ///< empty for a Unix-domain socket
  std::uint16_t port = 0;
  std::shared_ptr<const void> place;  ///< held as long as the connection lives; none where nobody counts
};

}  // namespace brume::net
