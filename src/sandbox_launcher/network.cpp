// The network namespace of a sandbox: its loopback, the listeners through which Brume is reached from inside, and the
// control channel on which Brume gets them and tells what is to be run.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "sandbox_launcher/spec.h"

namespace brume::sandbox_launcher {

namespace {

constexpr int kBacklog = 128;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
  sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
  bool loopback() {
    return family() == AF_INET ? (ntohl(v4().sin_addr.s_addr) >> 24) == 127 : IN6_IS_ADDR_LOOPBACK(&v6().sin6_addr);
  }
};

Address parse(const Listen& listen) {
  Address address;
  if (::inet_pton(AF_INET, listen.address.c_str(), &address.v4().sin_addr) == 1) {
    address.v4().sin_family = AF_INET;
    address.v4().sin_port = htons(listen.port);
    address.size = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, listen.address.c_str(), &address.v6().sin6_addr) == 1) {
    address.v6().sin6_family = AF_INET6;
    address.v6().sin6_port = htons(listen.port);
    address.size = sizeof(sockaddr_in6);
  } else {
    errno = EINVAL;
    fail("listen", listen.address);
  }
  return address;
}

int make_socket(int family, int type, int protocol = 0) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) fail("network socket");
  return fd;
}

void raise_loopback() {
  const int fd = make_socket(AF_INET, SOCK_DGRAM);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) fail("loopback");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(fd, SIOCSIFFLAGS, &request) != 0) fail("raise the loopback");
  ::close(fd);
}

/// The endpoint that functions are told may be an address of the host's: in here it is the loopback's too.
void give_loopback(Address& address, const std::string& text) {
  const int fd = make_socket(address.family(), SOCK_DGRAM);
  bool done = false;
  if (address.family() == AF_INET) {
    ifreq request{};
    std::strcpy(request.ifr_name, "lo:0");  // an alias: 127.0.0.1 stays
    std::memcpy(&request.ifr_addr, &address.v4(), sizeof(sockaddr_in));
    done = ::ioctl(fd, SIOCSIFADDR, &request) == 0;
    reinterpret_cast<sockaddr_in&>(request.ifr_netmask).sin_addr.s_addr = 0xffffffff;
    done = done && ::ioctl(fd, SIOCSIFNETMASK, &request) == 0;
  } else {
    in6_ifreq request{address.v6().sin6_addr, 128, static_cast<int>(::if_nametoindex("lo"))};
    done = ::ioctl(fd, SIOCSIFADDR, &request) == 0;
  }
  if (!done) fail("loopback address", text);
  ::close(fd);
}

/// Whatever way out this namespace gets, none leads to `prefix`: the command has no right to change routes. For a socket
/// that is bound to the way out's device the kernel looks for such an address on the link, where nobody has it.
template <class Bytes>
void refuse(int family, const Bytes& prefix, unsigned char bits) {
  struct {
    nlmsghdr header;
    rtmsg route;
    rtattr destination;
    Bytes prefix;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
  request.route.rtm_family = static_cast<unsigned char>(family);
  request.route.rtm_dst_len = bits;
  request.route.rtm_table = RT_TABLE_MAIN;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = RT_SCOPE_UNIVERSE;
  request.route.rtm_type = RTN_UNREACHABLE;
  request.destination = {sizeof(rtattr) + sizeof(Bytes), RTA_DST};
  request.prefix = prefix;
  const int fd = make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct {
    nlmsghdr header;
    nlmsgerr error;
  } answer{};
  if (::send(fd, &request, sizeof request, 0) != sizeof request ||
      ::recv(fd, &answer, sizeof answer, 0) < static_cast<ssize_t>(sizeof answer))
    fail("refuse addresses");
  if (answer.error.error != 0) {
    errno = -answer.error.error;
    fail("refuse addresses");
  }
  ::close(fd);
}

/// Some containers have these files read-only: then all works as well, only later.
void set_ipv6(const char* name, const char* value) {
  const std::string path = std::string("/proc/sys/net/ipv6/conf/default/") + name;
  if (const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC); file >= 0) {
    [[maybe_unused]] const auto written = ::write(file, value, std::strlen(value));
    ::close(file);
  }
}

/// Clouds answer with the host's own credentials at 169.254.169.254, and in IPv6 at addresses of their own. The loopback is
/// this namespace's by a route of its own device, which a socket that is bound to another does not take: without a second
/// one its packets would go out, where they reach the host's.
void refuse_addresses(const Spec& spec) {
  refuse(AF_INET, in_addr{htonl(0xa9fe'0000)}, 16);
  refuse(AF_INET, in_addr{htonl(0x7f00'0000)}, 8);
  if (!spec.ipv6) {
    // The way out knows IPv4 alone. An interface without IPv6 says so at once, where packets would get lost.
    set_ipv6("disable_ipv6", "1");
    return;
  }
  for (const char* address : {"::1", "fe80::", "fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe"}) {
    in6_addr prefix{};
    ::inet_pton(AF_INET6, address, &prefix);
    refuse(AF_INET6, prefix, address == std::string_view("fe80::") ? 10 : 128);
  }
  // Nobody else is on the interface to be: its addresses hold at once, and the router is asked for at once.
  set_ipv6("accept_dad", "0");
  set_ipv6("router_solicitation_delay", "0");
}

int open_listener(const Listen& listen, bool own_network) {
  Address address = parse(listen);
  if (own_network && !address.loopback()) give_loopback(address, listen.address);
  const int fd = make_socket(address.family(), SOCK_STREAM);
  const int on = 1;
  if (address.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 || ::listen(fd, kBacklog) != 0)
    fail("listen", listen.address + " port " + std::to_string(listen.port));
  return fd;
}

}  // namespace

void open_network(const Spec& spec) {
  if (spec.own_network) {
    raise_loopback();
    refuse_addresses(spec);
  }
  int listeners[kListenersMax];
  std::size_t count = 0;
  for (const Listen& listen : spec.listen) listeners[count++] = open_listener(listen, spec.own_network);

  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof listeners)] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = space;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(head), listeners, count * sizeof(int));
  }
  if (::sendmsg(kControlFd, &message, MSG_NOSIGNAL) != 1) fail("pass the listeners");
  // From now on they are Brume's alone: nothing in here can take a connection meant for it.
  for (std::size_t i = 0; i < count; ++i) ::close(listeners[i]);
}

int receive_spec() {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t got = 0;
  do got = ::recvmsg(kControlFd, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (got != 1 || head == nullptr || head->cmsg_type != SCM_RIGHTS) ::_exit(0);  // Brume has no use for this sandbox
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

}  // namespace brume::sandbox_launcher
