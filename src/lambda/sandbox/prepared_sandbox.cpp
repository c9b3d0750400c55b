#include "lambda/sandbox/prepared_sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lambda/sandbox/descriptors.h"
#include "lambda/sandbox/sandbox.h"
#include "sandbox_launcher/spec.h"

namespace brume::lambda {

namespace {

namespace launcher = sandbox_launcher;

static_assert(launcher::kTelemetryFd == kTelemetryFd);

constexpr std::uint16_t kRuntimeApiPort = 9001;  // as on AWS
constexpr timeval kListenersWait{10, 0};

Pipe make_channel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw_step("socketpair");
  ::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &kListenersWait, sizeof kListenersWait);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd spec_file(const std::string& text) {
  UniqueFd file(::memfd_create("brume-sandbox-spec", MFD_CLOEXEC));
  if (file.get() < 0) throw_step("memfd_create");
  for (std::size_t at = 0; at < text.size();) {
    const auto written = ::write(file.get(), text.data() + at, text.size() - at);
    if (written <= 0) throw_step("write spec");
    at += static_cast<std::size_t>(written);
  }
  return file;
}

std::string described(int status) {
  return WIFSIGNALED(status)
             ? ExitStatus{.signaled = true, .value = WTERMSIG(status), .start_error = {}}.describe()
             : ExitStatus{.signaled = false, .value = WEXITSTATUS(status), .start_error = {}}.describe();
}

bool has_endpoint(const NetworkOptions& network) {
  return (network.mode == FunctionNetwork::brume || network.mode == FunctionNetwork::open) &&
         network.endpoint_port != 0;
}

std::string words_of(const SandboxPlace& place) {
  const NetworkOptions& network = place.network;
  std::string text;
  if (place.user_namespace) add_words(text, {"userns", "uid", std::to_string(place.inside_uid)});
  if (const SubordinateIds& ids = place.subordinate; place.user_namespace && ids.count > 0)
    add_words(text,
              {"subordinate", std::to_string(ids.first_uid), std::to_string(ids.first_gid), std::to_string(ids.count)});
  if (network.mode == FunctionNetwork::host) {
    add_words(text, {"listen", "127.0.0.1", "0"});
    return text;
  }
  // Brume's own endpoint may have that port already.
  const std::uint16_t port = kRuntimeApiPort + (network.endpoint_port == kRuntimeApiPort ? 1 : 0);
  if (network.mode == FunctionNetwork::open && network.ipv6) add_words(text, {"ipv6"});
  add_words(text, {"netns", "listen", "127.0.0.1", std::to_string(port)});
  if (has_endpoint(network))
    add_words(text, {"listen", network.endpoint_address, std::to_string(network.endpoint_port)});
  return text;
}

/// "127.0.0.1:9001"
std::string address_of(int listener) {
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  char text[INET_ADDRSTRLEN] = {};
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size) != 0 || bound.sin_family != AF_INET ||
      ::inet_ntop(AF_INET, &bound.sin_addr, text, sizeof text) == nullptr)
    throw SandboxError("the sandbox passed no listener for the Runtime API");
  return std::string(text) + ":" + std::to_string(ntohs(bound.sin_port));
}

}  // namespace

void add_words(std::string& spec, std::initializer_list<std::string_view> words) {
  for (const auto word : words) {
    spec.append(word.substr(0, word.find('\0')));
    spec.push_back('\0');
  }
}

std::string read_status_line(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

PreparedSandbox::PreparedSandbox(const SandboxPlace& place) {
  const UniqueFd file = spec_file(words_of(place));
  Pipe out = make_pipe(), log = make_pipe(), state = make_pipe(), channel = make_channel();
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  pid_t helper = -1;
  {
    const UniqueFd a = high_copy(null.get()), b = high_copy(out.write.get()), c = high_copy(log.write.get()),
                   d = high_copy(state.write.get()), e = high_copy(file.get()), f = high_copy(channel.write.get());
    for (Pipe* pipe : {&out, &log, &state, &channel}) pipe->write.reset();
    char name[] = "brume-sandbox";
    helper = spawn_program(place.launcher, {name, nullptr},
                           {{a.get(), 0},
                            {b.get(), 1},
                            {b.get(), 2},
                            {c.get(), launcher::kTelemetryFd},
                            {d.get(), launcher::kStatusFd},
                            {e.get(), launcher::kSpecFd},
                            {f.get(), launcher::kControlFd}});
  }
  // The helper ends as soon as it has made the sandbox's first process, which is our child too.
  std::string line = read_status_line(state.read.get());
  std::string failure;
  // The new process may report its own failure before the helper reports its number.
  if (line.starts_with("error ")) failure = line.substr(6), line = read_status_line(state.read.get());
  if (line.starts_with("pid ")) pid_ = std::atoi(line.c_str() + 4);
  int ended = 0;
  reap_child(helper, &ended);
  if (pid_ <= 0) throw SandboxError(failure.empty() ? "brume-sandbox did not start: " + described(ended) : failure);
  output = std::move(out.read);
  telemetry = std::move(log.read);
  status = std::move(state.read);
  control_ = std::move(channel.read);
  try {
    pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd) throw_step("pidfd_open");
    if (!failure.empty()) throw SandboxError(failure);
    take_listeners(has_endpoint(place.network) ? 2 : 1);
    if (place.network.mode == FunctionNetwork::open)
      outside = std::make_unique<OutsideNetwork>(OutsideOptions{.program = place.outside_program,
                                                                .namespace_pid = pid_,
                                                                .user_namespace = place.user_namespace,
                                                                .ipv6 = place.network.ipv6,
                                                                .host_loopback = place.network.host_loopback});
  } catch (...) {
    ::kill(pid_, SIGKILL);
    reap_child(pid_, nullptr);
    throw;
  }
}

PreparedSandbox::~PreparedSandbox() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);  // not reaped, so the number is still its own
  reap_child(pid_, nullptr);
}

/// Without them nobody could be sure whom the Runtime API speaks to: then the sandbox does not start.
void PreparedSandbox::take_listeners(std::size_t count) {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(launcher::kListenersMax * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t got = 0;
  do got = ::recvmsg(control_.get(), &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  std::vector<UniqueFd> listeners;
  for (cmsghdr* head = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr; head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + at, sizeof fd);
      listeners.emplace_back(fd);
    }
  }
  if (listeners.size() != count) {
    if (got != 0) throw SandboxError("the sandbox passed no listener for the Runtime API");
    const std::string why = read_status_line(status.get());  // it has ended
    throw SandboxError(why.starts_with("error ") ? why.substr(6) : "the sandbox ended before it was made");
  }
  runtime_listener = std::move(listeners[0]);
  if (count > 1) endpoint_listener = std::move(listeners[1]);
  runtime_api_ = address_of(runtime_listener.get());
}

bool PreparedSandbox::usable() {
  pollfd ended{pidfd.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0 && (!outside || !outside->ended());
}

bool PreparedSandbox::tell(const std::string& spec) {
  const UniqueFd file = spec_file(spec);
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = file.get();
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  const bool told = ::sendmsg(control_.get(), &message, MSG_NOSIGNAL) == 1;
  control_.reset();
  return told;
}

}  // namespace brume::lambda
