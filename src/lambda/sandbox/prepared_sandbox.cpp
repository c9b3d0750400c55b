#include "lambda/sandbox/prepared_sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lambda/sandbox/sandbox.h"
#include "sandbox_launcher/spec.h"

namespace brume::lambda {

namespace {

namespace launcher = sandbox_launcher;

static_assert(launcher::kTelemetryFd == kTelemetryFd);

constexpr std::uint16_t kRuntimeApiPort = 9001;  // as on AWS
constexpr timeval kListenersWait{10, 0};

[[noreturn]] void fail(const char* step) { throw SandboxError(std::string(step) + ": " + std::strerror(errno)); }

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Pipe make_channel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  ::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &kListenersWait, sizeof kListenersWait);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// A copy far above the numbers 0…6, so that placing one descriptor never overwrites another.
UniqueFd high(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 64);
  if (copy < 0) fail("dup");
  return UniqueFd(copy);
}

UniqueFd spec_file(const std::string& text) {
  UniqueFd file(::memfd_create("brume-sandbox-spec", MFD_CLOEXEC));
  if (file.get() < 0) fail("memfd_create");
  for (std::size_t at = 0; at < text.size();) {
    const auto written = ::write(file.get(), text.data() + at, text.size() - at);
    if (written <= 0) fail("write spec");
    at += static_cast<std::size_t>(written);
  }
  return file;
}

std::string described(int status) {
  return WIFSIGNALED(status)
             ? ExitStatus{.signaled = true, .value = WTERMSIG(status), .start_error = {}}.describe()
             : ExitStatus{.signaled = false, .value = WEXITSTATUS(status), .start_error = {}}.describe();
}

struct LauncherFiles {
  int null, output, telemetry, status, spec, control;
};

pid_t spawn_launcher(const std::string& path, const LauncherFiles& own) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  const std::pair<int, int> places[] = {{own.null, 0},
                                        {own.output, 1},
                                        {own.output, 2},
                                        {own.telemetry, launcher::kTelemetryFd},
                                        {own.status, launcher::kStatusFd},
                                        {own.spec, launcher::kSpecFd},
                                        {own.control, launcher::kControlFd}};
  for (const auto& [from, to] : places) ::posix_spawn_file_actions_adddup2(&files, from, to);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char name[] = "brume-sandbox";
  char* arguments[] = {name, nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  errno = ::posix_spawn(&pid, path.c_str(), &files, &attributes, arguments, environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (errno != 0) fail(("start " + path).c_str());
  return pid;
}

bool has_endpoint(const NetworkOptions& network) {
  return network.mode == FunctionNetwork::brume && network.endpoint_port != 0;
}

std::string words_of(const SandboxPlace& place) {
  const NetworkOptions& network = place.network;
  std::string text;
  if (place.user_namespace) add_words(text, {"userns", "uid", std::to_string(place.inside_uid)});
  if (network.mode == FunctionNetwork::host) {
    add_words(text, {"listen", "127.0.0.1", "0"});
    return text;
  }
  // Brume's own endpoint may have that port already.
  const std::uint16_t port = kRuntimeApiPort + (network.endpoint_port == kRuntimeApiPort ? 1 : 0);
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

void reap_child(int pid, int* status) {
  pid_t ended = 0;
  do ended = ::waitpid(pid, status, 0);
  while (ended < 0 && errno == EINTR);
}

PreparedSandbox::PreparedSandbox(const SandboxPlace& place) {
  const UniqueFd file = spec_file(words_of(place));
  Pipe out = make_pipe(), log = make_pipe(), state = make_pipe(), channel = make_channel();
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  pid_t helper = -1;
  {
    const UniqueFd a = high(null.get()), b = high(out.write.get()), c = high(log.write.get()),
                   d = high(state.write.get()), e = high(file.get()), f = high(channel.write.get());
    for (Pipe* pipe : {&out, &log, &state, &channel}) pipe->write.reset();
    helper = spawn_launcher(place.launcher, {a.get(), b.get(), c.get(), d.get(), e.get(), f.get()});
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
    if (!pidfd) fail("pidfd_open");
    if (!failure.empty()) throw SandboxError(failure);
    take_listeners(has_endpoint(place.network) ? 2 : 1);
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
