#include "lambda/sandbox/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/find_program.h"
#include "base/log.h"
#include "lambda/sandbox/descriptors.h"
#include "sandbox_launcher/spec.h"

namespace brume::lambda {

namespace {

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::string beside_executable(const char* name) {
  char path[4096];
  const auto length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return name;
  const std::string own(path, static_cast<std::size_t>(length));
  return own.substr(0, own.rfind('/') + 1) + name;
}

/// A descriptor that a loop waits for and that stays its owner's.
struct LentDescriptor {
  LentDescriptor(LoopExecutor loop, int fd) : descriptor(loop, fd) {}
  ~LentDescriptor() {
    try {
      descriptor.release();
    } catch (const std::exception& error) {
      log_error("sandbox: descriptor not released", {{"error", error.what()}});
    }
  }
  LentDescriptor(const LentDescriptor&) = delete;
  LentDescriptor& operator=(const LentDescriptor&) = delete;

  asio::posix::basic_stream_descriptor<LoopExecutor> descriptor;
};

/// Whether this host has a way out by IPv6: a default route over something else than the loopback.
bool has_ipv6() {
  std::ifstream routes("/proc/net/ipv6_route");
  std::string destination, bits, skip, metric, flags, interface;
  while (routes >> destination >> bits >> skip >> skip >> skip >> metric >> skip >> skip >> flags >> interface) {
    constexpr unsigned long kUp = 1, kReject = 0x200;  // linux/route.h
    const unsigned long set = std::strtoul(flags.c_str(), nullptr, 16);
    if (bits == "00" && destination.find_first_not_of('0') == destination.npos && interface != "lo" && (set & kUp) &&
        !(set & kReject))
      return true;
  }
  return false;
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

SandboxHost::SandboxHost(NetworkOptions wanted, std::string path)
    : place_{path.empty() ? beside_executable("brume-sandbox") : std::move(path),
             false,
             kSandboxUser,
             std::move(wanted),
             {}},
      limits_(HostLimits::detect()) {
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
  place_.user_namespace = !own_users_;
  if (place_.user_namespace) use_subordinate_ids();
  if (network() >= FunctionNetwork::open) place_.outside_program = find_program("slirp4netns");
  place_.network.ipv6 = has_ipv6();
  if (network() == FunctionNetwork::open) {
    if (place_.outside_program.empty()) network_lack_ = "this host has no slirp4netns in PATH";
    else network_lack_ = probe();
    if (!network_lack_.empty() && place_.network.ipv6 && !place_.outside_program.empty()) {
      place_.network.ipv6 = false;
      network_lack_ = probe();
    }
    if (!network_lack_.empty()) place_.network.mode = FunctionNetwork::brume;  // less than asked for, never more
  }
  if (network() != FunctionNetwork::open) unusable_ = probe();
  if (!unusable_.empty()) network_lack_.clear();
}

/// An ordinary user with subordinate ids has users to give to sandboxes, if what maps them works.
void SandboxHost::use_subordinate_ids() {
  place_.subordinate = find_subordinate_ids();
  if (place_.subordinate.count == 0) return;
  own_users_ = true;
  user_base_ = place_.subordinate.first_uid;
  user_count_ = place_.subordinate.count;
  const FunctionNetwork wanted = std::exchange(place_.network.mode, FunctionNetwork::none);
  const std::string why = probe();
  place_.network.mode = wanted;
  if (why.empty()) return;
  own_users_ = false;
  place_.subordinate = {};
  place_.subordinate.why_not = why;
}

SandboxHost::~SandboxHost() {
  std::deque<std::unique_ptr<PreparedSandbox>> left;
  std::unique_lock lock(mutex_);
  closing_ = true;
  prepared_.wait(lock, [this] { return being_prepared_ == 0; });
  left.swap(ready_);
}

std::string SandboxHost::isolation_gap() const {
  if (!unusable_.empty()) return "sandboxes do not work here: " + unusable_;
  if (network() == FunctionNetwork::host) return "functions share the host's network (--function-network host)";
  if (limits_->memory() == LimitBy::none) return "nothing keeps functions' memory limits here";
  if (shares_users()) return "functions run as this server's own user" + why_shared();
  return {};
}

void SandboxHost::prepare_ahead(BlockingPool& blocking, std::size_t count) {
  if (!unusable_.empty()) return;
  {
    std::lock_guard lock(mutex_);
    preparing_on_ = &blocking;
    ready_wanted_ = count;
  }
  refill();
}

std::size_t SandboxHost::prepared() const {
  std::lock_guard lock(mutex_);
  return ready_.size();
}

void SandboxHost::refill() {
  std::size_t missing = 0;
  {
    std::lock_guard lock(mutex_);
    const std::size_t there = ready_.size() + being_prepared_;
    if (closing_ || there >= ready_wanted_) return;
    missing = ready_wanted_ - there;
    being_prepared_ += missing;
  }
  for (std::size_t i = 0; i < missing; ++i) preparing_on_->post([this] { prepare_one(); });
}

void SandboxHost::prepare_one() {
  std::unique_ptr<PreparedSandbox> made;
  try {
    made = std::make_unique<PreparedSandbox>(place_);
  } catch (const std::exception& error) {
    log_warn("sandbox_not_prepared", {{"error", error.what()}});  // the next start tries for itself, and says why not
  }
  std::lock_guard lock(mutex_);
  --being_prepared_;
  if (made && !closing_) ready_.push_back(std::move(made));
  prepared_.notify_all();  // under the lock: who waits for it may destroy this then
}

FunctionNetwork SandboxHost::network_for(const SandboxSpec& spec) const {
  const FunctionNetwork mode = std::min(spec.network.value_or(network()), network());
  return mode == FunctionNetwork::open && place_.outside_program.empty() ? FunctionNetwork::brume : mode;
}

std::unique_ptr<PreparedSandbox> SandboxHost::take_prepared(FunctionNetwork mode) {
  while (mode == network()) {
    std::unique_ptr<PreparedSandbox> taken;
    {
      std::lock_guard lock(mutex_);
      if (ready_.empty()) break;
      taken = std::move(ready_.front());
      ready_.pop_front();
    }
    if (taken->usable()) return taken;
    log_warn("sandbox_ended_before_use", {{"pid", taken->pid()}});
  }
  SandboxPlace place = place_;
  place.network.mode = mode;
  return std::make_unique<PreparedSandbox>(place);
}

std::string SandboxHost::describe() const {
  if (!unusable_.empty()) return "sandbox=unusable why=\"" + unusable_ + "\"";
  return "sandbox=namespaces users=" + users_text() + " network=" + network_name(network()) +
         (network() == FunctionNetwork::open && place_.network.ipv6 ? " ipv6=yes " : " ") + limits_->describe();
}

std::string SandboxHost::users_text() const {
  if (place_.subordinate.count > 0) return "subordinate";
  if (own_users_) return "own";
  return "shared" + (place_.subordinate.why_not.empty() ? "" : " users_why=\"" + place_.subordinate.why_not + "\"");
}

bool SandboxHost::shares_users() const { return !own_users_ && place_.subordinate.count == 0; }

std::string SandboxHost::why_shared() const {
  return place_.subordinate.why_not.empty() ? "" : ": " + place_.subordinate.why_not;
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

  const FunctionNetwork network = host_.network_for(spec);
  const std::unique_ptr<PreparedSandbox> taken = host_.take_prepared(network);
  PreparedSandbox& prepared = *taken;
  if (!prepared.tell(host_.words_of(spec, user_, *group_, prepared.runtime_api(), network)))
    throw SandboxError("the sandbox ended before it was told what to run");
  pid_ = prepared.release_process();
  pidfd_ = prepared.pidfd.release();
  output_ = prepared.output.release();
  telemetry_ = prepared.telemetry.release();
  status_ = prepared.status.release();
  for (const int fd : {output_, telemetry_, status_}) set_nonblocking(fd);
  runtime_listener_ = std::move(prepared.runtime_listener);
  endpoint_listener_ = std::move(prepared.endpoint_listener);
  outside_ = std::move(prepared.outside);
}

/// The second part of the launcher's spec: sandbox_launcher/spec.h.
std::string SandboxHost::words_of(const SandboxSpec& spec, User user, const LimitGroup& group,
                                  const std::string& runtime_api, FunctionNetwork network) const {
  std::string text;
  // With subordinate ids, user 1 in there is the first of them.
  const std::uint32_t own = place_.subordinate.count > 0 ? user.slot + 1 : user.uid;
  add_words(text, {"uid", std::to_string(own_users_ ? own : kSandboxUser)});
  if (!own_users_) add_words(text, {"userns"});
  add_words(text, {"tmp", std::to_string(spec.ephemeral_bytes)});
  if (limits_->memory() == LimitBy::watch) add_words(text, {"watch", std::to_string(spec.limits.memory_bytes)});
  add_words(text, {"processes", std::to_string(spec.limits.processes_max)});
  if (spec.stay) add_words(text, {"stay"});
  for (const auto& file : group.join_files()) add_words(text, {"join", file});
  for (const auto& [source, target] : spec.binds) add_words(text, {"bind", source, target});
  if (network != FunctionNetwork::host) {
    // What the host's say holds in the host's network.
    const bool open = network == FunctionNetwork::open;
    const std::string brume = open && place_.network.host_loopback ? kOutsideHost : "127.0.0.1";
    add_words(text, {"file", "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" + brume + " host.brume.internal\n"});
    add_words(text,
              {"file", "/etc/resolv.conf", open ? std::string("nameserver ") + kOutsideNames + "\n" : std::string()});
  }
  for (const auto& word : spec.command) add_words(text, {"arg", word});
  for (const auto& variable : spec.environment) add_words(text, {"env", variable});
  add_words(text, {"env", std::string(kRuntimeApiVariable) + "=" + runtime_api});
  return text;
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
  std::shared_ptr<OutsideNetwork> outside = std::move(outside_);  // ends with the last copy of what is posted
  blocking_.post(
      [group, outside, host = &host_, user = user_, has_user = has_user_, pid = ended ? -1 : pid_, pidfd = pidfd_] {
        if (pid > 0) reap_child(pid, nullptr);
        if (pidfd >= 0) ::close(pidfd);
        if (group) group->remove();
        if (has_user) host->give_back_user(user);
      });
}

/// To the first process.
void Sandbox::signal(int number) {
  if (!reaped_ && pidfd_ >= 0) ::syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
}

void Sandbox::terminate() { signal(SIGTERM); }

void Sandbox::end_program() { signal(sandbox_launcher::kEndSignal); }

void Sandbox::start_again() {
  if (group_) {
    group_->forget_memory_peak();
    group_->begin_cpu_boost();
  }
  signal(sandbox_launcher::kStartSignal);
}

void Sandbox::kill() {
  if (!reaped_ && pid_ > 0) ::kill(pid_, SIGKILL);  // not reaped, so the number is still its own
}

/// What the status pipe holds of the program's end: one line, written at once, behind that of a failed start.
std::optional<ExitStatus> Sandbox::reported_end() {
  for (std::string line; !(line = read_status_line(status_)).empty();) {
    if (line.starts_with("error ")) start_error_ = line.substr(6);
    else if (line.starts_with("exit ")) return ExitStatus{false, std::atoi(line.c_str() + 5), start_error_};
    else if (line.starts_with("signal ")) return ExitStatus{true, std::atoi(line.c_str() + 7), start_error_};
  }
  return std::nullopt;
}

Task<std::optional<ExitStatus>> Sandbox::wait_program() {
  std::string why;
  try {
    LentDescriptor status(co_await this_loop, status_);
    while (true) {
      co_await status.descriptor.async_wait(asio::posix::descriptor_base::wait_read, use_task);
      if (auto exit = reported_end()) co_return exit;
      pollfd writers{status_, POLLIN, 0};
      if (::poll(&writers, 1, 0) > 0 && (writers.revents & POLLHUP) != 0) co_return std::nullopt;
    }
  } catch (const std::exception& error) {
    why = error.what();
  }
  log_error("sandbox: its program cannot be waited for", {{"sandbox", pid_}, {"error", why}});
  co_return std::nullopt;  // wait() ends it
}

Task<ExitStatus> Sandbox::wait() {
  std::string why;
  try {
    LentDescriptor ended(co_await this_loop, pidfd_);
    co_await ended.descriptor.async_wait(asio::posix::descriptor_base::wait_read, use_task);
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (!why.empty()) {
    // The loop could not watch one more descriptor. What ends at once can be waited for without.
    log_error("sandbox: its end cannot be waited for, so it is ended", {{"sandbox", pid_}, {"error", why}});
    kill();
    auto end = [fd = pidfd_] {
      pollfd ended{fd, POLLIN, 0};
      while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {}
    };
    co_await blocking_.run_always(std::move(end));
  }
  int status = 0;
  reap_child(pid_, &status);
  reaped_ = true;

  // When the first process itself was killed, it said nothing.
  ExitStatus exit = reported_end().value_or(ExitStatus{true, SIGKILL, start_error_});
  auto give_back = [this] {
    if (group_ && !group_->remove()) log_warn("cgroup not removed", {{"sandbox", pid_}});
    if (has_user_) host_.give_back_user(user_);
    has_user_ = false;
    host_.refill();
  };
  co_await blocking_.run_always(std::move(give_back));
  if (outside_) {
    // The kernel takes 30 ms to end it, for which nobody has to wait.
    auto end_outside = [outside = std::shared_ptr(std::move(outside_)), pid = pid_] {
      if (outside->ended()) log_warn("slirp4netns ended before its sandbox", {{"sandbox", pid}});
    };
    blocking_.post(std::move(end_outside));
  }
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
  if (::access(place_.launcher.c_str(), X_OK) != 0)
    return "cannot run " + place_.launcher + ": " + std::strerror(errno);
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
    reap_child(sandbox->pid_, nullptr);
    if (const auto line = read_status_line(sandbox->status_); line.starts_with("error ")) why = line.substr(6);
  } catch (const SandboxError& error) {
    why = error.what();
    if (sandbox->pid_ > 0) sandbox->kill(), reap_child(sandbox->pid_, nullptr);
  }
  sandbox->reaped_ = true;
  sandbox->group_.reset();
  if (sandbox->has_user_) give_back_user(sandbox->user_);
  sandbox->has_user_ = false;
  sandbox->outside_.reset();
  return why;
}

}  // namespace brume::lambda
