#include "lambda/sandbox/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/unique_fd.h"
#include "base/log.h"
#include "sandbox_launcher/spec.h"

namespace brume::lambda {

namespace {

namespace launcher = sandbox_launcher;

static_assert(launcher::kTelemetryFd == kTelemetryFd);

using Fd = UniqueFd;

[[noreturn]] void fail(const char* step) { throw SandboxError(std::string(step) + ": " + std::strerror(errno)); }

struct Pipe {
  Fd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

/// A copy far above the numbers 0…5, so that placing one descriptor never overwrites another.
Fd high(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 64);
  if (copy < 0) fail("dup");
  return Fd(copy);
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

void add(std::string& out, std::initializer_list<std::string_view> words) {
  for (const auto word : words) {
    out.append(word.substr(0, word.find('\0')));
    out.push_back('\0');
  }
}

Fd spec_file(const std::string& text) {
  Fd file(::memfd_create("brume-sandbox-spec", MFD_CLOEXEC));
  if (file.get() < 0) fail("memfd_create");
  for (std::size_t at = 0; at < text.size();) {
    const auto written = ::write(file.get(), text.data() + at, text.size() - at);
    if (written <= 0) fail("write spec");
    at += static_cast<std::size_t>(written);
  }
  return file;
}

/// One line of the status pipe, without its newline; "" at its end.
std::string read_line(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

pid_t reap(pid_t pid, int* status) {
  pid_t ended = 0;
  do ended = ::waitpid(pid, status, 0);
  while (ended < 0 && errno == EINTR);
  return ended;
}

std::string described(int status) {
  return WIFSIGNALED(status)
             ? ExitStatus{.signaled = true, .value = WTERMSIG(status), .start_error = {}}.describe()
             : ExitStatus{.signaled = false, .value = WEXITSTATUS(status), .start_error = {}}.describe();
}

pid_t spawn_launcher(const std::string& path, int null, int output, int telemetry, int status, int spec) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  const std::pair<int, int> places[] = {{null, 0},
                                        {output, 1},
                                        {output, 2},
                                        {telemetry, launcher::kTelemetryFd},
                                        {status, launcher::kStatusFd},
                                        {spec, launcher::kSpecFd}};
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

std::string beside_executable(const char* name) {
  char path[4096];
  const auto length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return name;
  const std::string own(path, static_cast<std::size_t>(length));
  return own.substr(0, own.rfind('/') + 1) + name;
}

constexpr std::uint32_t kSandboxUser = 993;  // sbx_user1051's number inside a user namespace, as on AWS

}  // namespace

std::string ExitStatus::describe() const {
  if (!signaled) return "exit status " + std::to_string(value);
  // As Go's syscall.Signal prints them, in which AWS's supervisor is written.
  switch (value) {
    case SIGABRT: return "signal: aborted";
    case SIGBUS: return "signal: bus error";
    case SIGFPE: return "signal: floating point exception";
    case SIGHUP: return "signal: hangup";
    case SIGILL: return "signal: illegal instruction";
    case SIGINT: return "signal: interrupt";
    case SIGKILL: return "signal: killed";
    case SIGPIPE: return "signal: broken pipe";
    case SIGSEGV: return "signal: segmentation fault";
    case SIGTERM: return "signal: terminated";
    case SIGTRAP: return "signal: trace/breakpoint trap";
    case SIGXFSZ: return "signal: file size limit exceeded";
    default: return "signal: signal " + std::to_string(value);
  }
}

SandboxHost::SandboxHost(std::string path)
    : launcher_(path.empty() ? beside_executable("brume-sandbox") : std::move(path)), limits_(HostLimits::detect()) {
  own_users_ = ::geteuid() == 0;
  // Numbers that nobody else has; a container may map fewer, then from the part that it has.
  user_base_ = 0x8000'0000u | (static_cast<std::uint32_t>(::getpid()) & 0x7fff) << 16;
  user_count_ = 1 << 16;
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0, outside = 0, length = 0, mapped = 0;
  while (map >> inside >> outside >> length) mapped = std::max(mapped, inside + length);
  if (mapped < 0xffff'0000u) {
    user_base_ = 20'000;
    user_count_ = mapped > 60'000 ? 40'000 : 0;
    if (user_count_ == 0) own_users_ = false;
  }
  unusable_ = probe();
}

SandboxHost::~SandboxHost() = default;

std::string SandboxHost::describe() const {
  if (!unusable_.empty()) return "sandbox=unusable why=\"" + unusable_ + "\"";
  return std::string("sandbox=namespaces users=") + (own_users_ ? "own" : "shared") + " " + limits_->describe();
}

SandboxHost::User SandboxHost::take_user() {
  std::lock_guard lock(mutex_);
  std::uint32_t slot = user_next_;
  if (users_free_.empty()) ++user_next_;
  else slot = users_free_.back(), users_free_.pop_back();
  if (own_users_ && slot >= user_count_) throw SandboxError("no user id is left for another sandbox");
  return {slot, own_users_ ? user_base_ + slot : ::getuid()};
}

void SandboxHost::give_back_user(User user) {
  std::lock_guard lock(mutex_);
  users_free_.push_back(user.slot);
}

void Sandbox::launch(const SandboxSpec& spec) {
  if (!host_.unusable().empty()) throw SandboxError(host_.unusable());
  user_ = host_.take_user();
  has_user_ = true;
  std::uint32_t number = 0;
  {
    std::lock_guard lock(host_.mutex_);
    number = ++host_.group_next_;
  }
  try {
    group_ = host_.limits_->create("sandbox-" + std::to_string(number), spec.limits);
  } catch (const std::system_error& error) {
    throw SandboxError(error.what());
  }

  std::string text;
  add(text, {"uid", std::to_string(host_.own_users_ ? user_.uid : kSandboxUser)});
  if (!host_.own_users_) add(text, {"userns"});
  add(text, {"tmp", std::to_string(spec.ephemeral_bytes)});
  if (host_.limits_->memory() == LimitBy::watch) add(text, {"watch", std::to_string(spec.limits.memory_bytes)});
  add(text, {"processes", std::to_string(spec.limits.processes_max)});
  for (const auto& file : group_->join_files()) add(text, {"join", file});
  for (const auto& [source, target] : spec.binds) add(text, {"bind", source, target});
  for (const auto& word : spec.command) add(text, {"arg", word});
  for (const auto& variable : spec.environment) add(text, {"env", variable});

  const Fd file = spec_file(text);
  Pipe output = make_pipe(), telemetry = make_pipe(), status = make_pipe();
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  {
    const Fd a = high(null.get()), b = high(output.write.get()), c = high(telemetry.write.get()),
             d = high(status.write.get()), e = high(file.get());
    output.write.reset();
    telemetry.write.reset();
    status.write.reset();
    const pid_t helper = spawn_launcher(host_.launcher_, a.get(), b.get(), c.get(), d.get(), e.get());
    pid_ = helper;
  }
  // The helper ends as soon as it has made the sandbox's first process, which is our child too.
  const pid_t helper = std::exchange(pid_, -1);
  std::string line = read_line(status.read.get());
  std::string failure;
  // The new process may report its own failure before the helper reports its number.
  if (line.starts_with("error ")) failure = line.substr(6), line = read_line(status.read.get());
  if (line.starts_with("pid ")) pid_ = std::atoi(line.c_str() + 4);
  int ended = 0;
  reap(helper, &ended);
  if (pid_ <= 0) throw SandboxError(failure.empty() ? "brume-sandbox did not start: " + described(ended) : failure);
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) fail("pidfd_open");
  if (!failure.empty()) throw SandboxError(failure);

  output_ = output.read.release();
  telemetry_ = telemetry.read.release();
  status_ = status.read.release();
  for (const int fd : {output_, telemetry_, status_}) set_nonblocking(fd);
}

Task<std::shared_ptr<Sandbox>> Sandbox::start(SandboxHost& host, BlockingPool& blocking, SandboxSpec spec) {
  std::shared_ptr<Sandbox> sandbox(new Sandbox(host, blocking));
  auto launch = [sandbox, spec = std::move(spec)] { sandbox->launch(spec); };
  co_await blocking.run(std::move(launch));
  co_return sandbox;
}

Sandbox::~Sandbox() {
  for (const int fd : {output_, telemetry_, status_})
    if (fd >= 0) ::close(fd);
  const bool ended = reaped_ || pid_ <= 0;
  if (!ended) kill();
  if (ended && group_ == nullptr && !has_user_) {
    if (pidfd_ >= 0) ::close(pidfd_);
    return;
  }
  std::shared_ptr<LimitGroup> group = std::move(group_);
  blocking_.post([group, host = &host_, user = user_, has_user = has_user_, pid = ended ? -1 : pid_, pidfd = pidfd_] {
    if (pid > 0) reap(pid, nullptr);
    if (pidfd >= 0) ::close(pidfd);
    if (group) group->remove();
    if (has_user) host->give_back_user(user);
  });
}

void Sandbox::terminate() {
  if (!reaped_ && pidfd_ >= 0) ::syscall(SYS_pidfd_send_signal, pidfd_, SIGTERM, nullptr, 0);
}

void Sandbox::kill() {
  if (!reaped_ && pid_ > 0) ::kill(pid_, SIGKILL);  // not reaped, so the number is still its own
}

Task<ExitStatus> Sandbox::wait() {
  {
    asio::posix::basic_stream_descriptor<LoopExecutor> ended(co_await this_loop, ::dup(pidfd_));
    co_await ended.async_wait(asio::posix::descriptor_base::wait_read, use_task);
  }
  int status = 0;
  reap(pid_, &status);
  reaped_ = true;

  ExitStatus exit{.signaled = true, .value = SIGKILL, .start_error = {}};  // when the first process itself was killed
  for (std::string line; !(line = read_line(status_)).empty();) {
    if (line.starts_with("error ")) exit.start_error = line.substr(6);
    else if (line.starts_with("exit ")) exit.signaled = false, exit.value = std::atoi(line.c_str() + 5);
    else if (line.starts_with("signal ")) exit.value = std::atoi(line.c_str() + 7);
  }
  auto give_back = [this] {
    if (group_ && !group_->remove()) log_warn("cgroup not removed", {{"sandbox", pid_}});
    if (has_user_) host_.give_back_user(user_);
    has_user_ = false;
  };
  co_await blocking_.run_always(std::move(give_back));
  co_return exit;
}

std::uint64_t Sandbox::memory_peak_bytes() const {
  if (const auto peak = group_ ? group_->memory_peak_bytes() : 0; peak > 0) return peak;
  if (reaped_) return 0;
  // Without a cgroup: what the command has had resident. It is the first process's only child.
  std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
  int child = 0;
  if (!(children >> child)) return 0;
  std::ifstream file("/proc/" + std::to_string(child) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  return 0;
}

/// Runs one harmless command, so that what this host forbids is known and said at start.
std::string SandboxHost::probe() {
  if (::access(launcher_.c_str(), X_OK) != 0) return "cannot run " + launcher_ + ": " + std::strerror(errno);
  BlockingPool none(0);
  std::shared_ptr<Sandbox> sandbox(new Sandbox(*this, none));
  SandboxSpec spec;
  spec.command = {"/bin/true"};
  std::string why;
  try {
    sandbox->launch(spec);
    pollfd ended{sandbox->pidfd_, POLLIN, 0};
    if (::poll(&ended, 1, 10'000) != 1) why = "a sandbox did not end within 10 s";
    sandbox->kill();
    reap(sandbox->pid_, nullptr);
    if (const auto line = read_line(sandbox->status_); line.starts_with("error ")) why = line.substr(6);
  } catch (const SandboxError& error) {
    why = error.what();
    if (sandbox->pid_ > 0) sandbox->kill(), reap(sandbox->pid_, nullptr);
  }
  sandbox->reaped_ = true;
  sandbox->group_.reset();
  if (sandbox->has_user_) give_back_user(sandbox->user_);
  sandbox->has_user_ = false;
  return why;
}

}  // namespace brume::lambda
