#include "server/loopback.h"

#include <boost/asio/ip/address.hpp>

#include "net/message/http_message.h"

namespace brume::server {

bool is_loopback(const std::string& address) {
  if (net::equal_ignoring_case(address, "localhost")) return true;
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return !error && parsed.is_loopback();
}

}  // namespace brume::server
