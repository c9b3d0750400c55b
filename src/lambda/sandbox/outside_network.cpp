#include "lambda/sandbox/outside_network.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "lambda/sandbox/descriptors.h"
#include "lambda/sandbox/sandbox.h"

namespace brume::lambda {

namespace {

constexpr int kReadyWait = 1'000;  // milliseconds; it takes about ten
constexpr std::size_t kMessagesMax = 4096;
// Each connection of the function's is one of them, and up to 256 KB of memory that no limit of the function's counts.
constexpr rlim_t kFilesMax = 1024;

/// Takes what the process writes to standard error; what is beyond kMessagesMax is refused, so it can't fill the memory.
UniqueFd message_file() {
  UniqueFd file(::memfd_create("brume-slirp4netns", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), kMessagesMax) != 0 || ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW) != 0)
    throw_step("memfd_create");
  return file;
}

std::string messages_in(int file) {
  std::string text(kMessagesMax, '\0');
  const auto got = ::pread(file, text.data(), text.size(), 0);
  text.resize(got > 0 ? ::strnlen(text.data(), static_cast<std::size_t>(got)) : 0);
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

std::vector<std::string> arguments_of(const OutsideOptions& options) {
  const std::string process = "/proc/" + std::to_string(options.namespace_pid) + "/ns/";
  std::vector<std::string> words{"slirp4netns",  "--configure",      "--mtu=65520",      "--exit-fd=3",
                                 "--ready-fd=4", "--enable-seccomp", "--netns-type=path"};
  if (options.ipv6) words.emplace_back("--enable-ipv6");
  if (!options.host_loopback) words.emplace_back("--disable-host-loopback");
  // As root it gives up all rights and files; an ordinary user's has no more than Brume itself, and can't.
  if (options.user_namespace) words.push_back("--userns-path=" + process + "user");
  else words.emplace_back("--enable-sandbox");
  words.push_back(process + "net");
  words.emplace_back("tap0");
  return words;
}

pid_t spawn(const OutsideOptions& options, int null, int messages, int alive, int ready) {
  std::vector<std::string> words = arguments_of(options);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return spawn_program(options.program, arguments, {{null, 0}, {null, 1}, {messages, 2}, {alive, 3}, {ready, 4}});
}

}  // namespace

OutsideNetwork::OutsideNetwork(const OutsideOptions& options) {
  Pipe alive = make_pipe(), ready = make_pipe();
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC)), messages = message_file();
  {
    const UniqueFd a = high_copy(null.get()), b = high_copy(messages.get()), c = high_copy(alive.read.get()),
                   d = high_copy(ready.write.get());
    alive.read.reset();
    ready.write.reset();
    pid_ = spawn(options, a.get(), b.get(), c.get(), d.get());
  }
  alive_ = std::move(alive.write);
  try {
    const rlimit files{kFilesMax, kFilesMax};
    if (::prlimit(pid_, RLIMIT_NOFILE, &files, nullptr) != 0) throw_step("prlimit");
    await_ready(ready.read.get(), messages.get());
  } catch (...) {
    end();
    throw;
  }
}

OutsideNetwork::~OutsideNetwork() { end(); }

void OutsideNetwork::await_ready(int ready, int messages) {
  pollfd wait{ready, POLLIN, 0};
  int found = 0;
  do found = ::poll(&wait, 1, kReadyWait);
  while (found < 0 && errno == EINTR);
  char byte = 0;
  if (found == 1 && ::read(ready, &byte, 1) == 1) return;
  const std::string said = messages_in(messages);
  throw SandboxError(std::string("slirp4netns ") + (found == 0 ? "was not ready within a second" : "failed") +
                     (said.empty() ? "" : ": " + said));
}

bool OutsideNetwork::ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

void OutsideNetwork::end() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);  // not reaped, so the number is still its own
  reap_child(pid_, nullptr);
  pid_ = -1;
}

}  // namespace brume::lambda
