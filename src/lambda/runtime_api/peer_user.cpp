#include "lambda/runtime_api/peer_user.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace brume::lambda {

std::optional<std::uint32_t> peer_user(const boost::asio::ip::tcp::endpoint& peer,
                                       const boost::asio::ip::tcp::endpoint& own) {
  const int fd = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return std::nullopt;
  struct {
    nlmsghdr header;
    inet_diag_req_v2 body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = AF_INET;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0u;
  // The peer's socket: its source is what we see as the remote end.
  request.body.id.idiag_sport = htons(peer.port());
  request.body.id.idiag_dport = htons(own.port());
  request.body.id.idiag_src[0] = htonl(peer.address().to_v4().to_uint());
  request.body.id.idiag_dst[0] = htonl(own.address().to_v4().to_uint());
  request.body.id.idiag_cookie[0] = request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;

  std::optional<std::uint32_t> user;
  alignas(nlmsghdr) char answer[1024];
  const auto sent = ::send(fd, &request, sizeof request, 0);
  const auto got = sent == sizeof request ? ::recv(fd, answer, sizeof answer, 0) : -1;
  ::close(fd);
  if (got >= static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(inet_diag_msg))) {
    nlmsghdr header;
    std::memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY) {
      inet_diag_msg message;
      std::memcpy(&message, answer + sizeof header, sizeof message);
      user = message.idiag_uid;
    }
  }
  return user;
}

}  // namespace brume::lambda
