// Who is at the other end of a loopback connection.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>

namespace brume::lambda {

/// The user id of the process that owns the peer's end of an accepted connection on this machine; nullopt
/// when the kernel can't tell. One netlink exchange, about 5 µs.
std::optional<std::uint32_t> peer_user(const boost::asio::ip::tcp::endpoint& peer,
                                       const boost::asio::ip::tcp::endpoint& own);

}  // namespace brume::lambda
