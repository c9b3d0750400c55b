// brume-sandbox: builds a sandbox and runs one command in it. Started by src/lambda/sandbox with a spec
// (spec.h); not meant for people.
//
// Two processes stay: the first process of the pid namespace, which reaps orphans, passes SIGTERM on and
// reports how the command ended (a command that was itself number 1 would be deaf to its own signals), and
// the command. Killing the first one kills all; it is killed when Brume dies. A sandbox that stays ("stay") is told by
// signals, which only Brume can send so, to end its processes and to start the command again.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox_launcher/memory_watch.h"
#include "sandbox_launcher/spec.h"

namespace brume::sandbox_launcher {

namespace {

void write_file(const char* path, const std::string& text, const char* step) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail(step, path);
  ::close(fd);
}

void limit(int resource, const char* name, rlim_t value) {
  rlimit current{};
  ::getrlimit(static_cast<__rlimit_resource_t>(resource), &current);
  const rlim_t most = current.rlim_max == RLIM_INFINITY || current.rlim_max > value ? value : current.rlim_max;
  const rlimit wanted{most, most};
  if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted) != 0) fail("limit", name);
}

void set_capabilities(std::uint32_t effective, std::uint32_t permitted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{effective, permitted, 0}, {0, 0, 0}};
  if (::syscall(SYS_capset, &header, data) != 0) fail("drop capabilities");
}

void empty_bounding_set() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

void give_up_privileges(const Spec& spec) {
  empty_bounding_set();
  if (!spec.user_namespace) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(spec.uid, spec.uid, spec.uid) != 0 ||
        ::setresuid(spec.uid, spec.uid, spec.uid) != 0)
      fail("become user", std::to_string(spec.uid));
  }
  set_capabilities(0, 0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
}

/// `again`: in a sandbox where another one ran before, with what that left removed.
[[noreturn]] void run_command(const Spec& spec, bool again) {
  ::setsid();
  // The first one to go when memory runs out, before any other process of the host.
  if (const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); fd >= 0) {
    [[maybe_unused]] const auto written = ::write(fd, "800", 3);
    ::close(fd);
  }
  limit(RLIMIT_CORE, "core", 0);
  limit(RLIMIT_NOFILE, "nofile", 1024);
  limit(RLIMIT_FSIZE, "fsize", spec.tmp_bytes);
  limit(RLIMIT_MEMLOCK, "memlock", 64 << 10);
  if (spec.processes > 0) limit(RLIMIT_NPROC, "nproc", spec.processes);
  give_up_privileges(spec);
  if (again) remove_leftovers();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  std::vector<char*> arguments, environment;
  for (const auto& word : spec.command) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const auto& word : spec.environment) environment.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  load_filter();
  ::execve(arguments[0], arguments.data(), environment.data());
  fail("exec", spec.command[0]);
}

// To look into the others' memory, whose user id is another, while there is a limit to keep.
constexpr std::uint32_t kToLook = 1u << CAP_SYS_PTRACE | 1u << CAP_DAC_READ_SEARCH;
// To start the command again as its own user; not in effect meanwhile.
constexpr std::uint32_t kToStart = 1u << CAP_SETUID | 1u << CAP_SETGID;

/// The second and every later time; nothing else runs in the sandbox then.
pid_t start_again(const Spec& spec) {
  const pid_t command = ::fork();
  if (command < 0) fail("fork");
  if (command > 0) return command;
  if (!spec.user_namespace) set_capabilities(kToStart, kToStart);
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // so that its folder in /proc is its own, as at the first start
  run_command(spec, true);
}

void reap_all() {
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {}
}

void report_end(int status) {
  if (WIFSIGNALED(status)) report("signal", WTERMSIG(status));
  else report("exit", WEXITSTATUS(status));
}

/// Reaps until the command ends; then a sandbox that does not stay ends with it, and the kernel kills what it left
/// behind. One that stays ends all that is left, and waits to be told to start the command again.
[[noreturn]] void be_first_process(MemoryWatch& memory, const Spec& spec, pid_t command, const sigset_t& signals) {
  while (true) {
    const timespec pause = memory.pause();
    siginfo_t info{};
    const bool watched = memory.on() && command > 0;
    const int signal = watched ? ::sigtimedwait(&signals, &info, &pause) : ::sigwaitinfo(&signals, &info);
    // The kernel gives a sender outside of this pid namespace the number 0, which nobody inside can claim.
    const bool from_brume = info.si_code == SI_USER && info.si_pid == 0;
    if (signal == SIGTERM && command > 0) ::kill(command, SIGTERM);
    if (signal == kEndSignal && from_brume) ::kill(-1, SIGKILL);
    if (signal == kStartSignal && from_brume && spec.stay && command == 0) command = start_again(spec);
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != command) continue;
      if (!spec.stay) {
        report_end(status);
        ::_exit(0);
      }
      ::kill(-1, SIGKILL);
      reap_all();
      command = 0;
      report_end(status);
      break;
    }
    if (watched && memory.exceeded()) ::kill(-1, SIGKILL);
  }
}

/// Until the helper, which stands outside, has said who is who in this user namespace.
void wait_until_mapped(const int (&announced)[2]) {
  char byte = 0;
  if (::read(announced[0], &byte, 1) != 1) ::_exit(1);
}

/// Until Brume knows of this process: what it says of the command must come after its own number.
void wait_until_announced(const int (&announced)[2]) {
  char byte = 0;
  if (::read(announced[0], &byte, 1) != 1) ::_exit(1);  // the helper was killed: nobody knows of this process
  ::close(announced[0]);
}

[[noreturn]] void run_inside(const Spec& place, std::uint32_t outer_uid, std::uint32_t outer_gid,
                             const int (&announced)[2]) {
  ::close(announced[1]);  // so that the helper's end is seen
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // Brume may have died before that line: then nobody reads the status pipe any more.
  pollfd reader{kStatusFd, 0, 0};
  if (::poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0) ::_exit(1);

  if (place.subordinate_count > 0) wait_until_mapped(announced);
  else if (place.user_namespace) map_own_user(place.uid, outer_uid, outer_gid);
  if (::sethostname("localhost", 9) != 0) fail("sethostname");
  open_network(place);
  const int told = receive_spec();
  const Spec spec = read_spec(told);
  ::close(told);
  ::close(kControlFd);
  for (const auto& file : spec.join) write_file(file.c_str(), "0", "join cgroup");
  const int processes = spec.watch_bytes > 0 ? ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (spec.watch_bytes > 0 && processes < 0) fail("open", "/proc");
  build_root(spec);
  MemoryWatch memory(spec, processes);

  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGCHLD);
  ::sigaddset(&signals, kEndSignal);
  ::sigaddset(&signals, kStartSignal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  wait_until_announced(announced);
  const pid_t command = ::fork();
  if (command < 0) fail("fork");
  if (command == 0) run_command(spec, false);

  if (!spec.stay)
    for (int fd = 0; fd < kStatusFd; ++fd) ::close(fd);
  ::prctl(PR_SET_NAME, "sandbox-init", 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  empty_bounding_set();
  const std::uint32_t effective = 1u << CAP_KILL | (memory.on() ? kToLook : 0);
  set_capabilities(effective, effective | (spec.stay && !spec.user_namespace ? kToStart : 0));
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  be_first_process(memory, spec, command, signals);
}

}  // namespace

}  // namespace brume::sandbox_launcher

int main() {
  using namespace brume::sandbox_launcher;
  if (::fcntl(kStatusFd, F_SETFD, FD_CLOEXEC) != 0) return 2;  // not started by Brume
  ::syscall(SYS_close_range, kControlFd + 1, ~0u, 0);
  const Spec spec = read_spec(kSpecFd);
  ::close(kSpecFd);
  ::umask(022);

  clone_args arguments{};
  arguments.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PARENT;
  if (spec.user_namespace) arguments.flags |= CLONE_NEWUSER;
  if (spec.own_network) arguments.flags |= CLONE_NEWNET;
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  int announced[2];
  if (::pipe2(announced, O_CLOEXEC) != 0) fail("pipe");
  const long first = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (first < 0) fail("new namespaces");
  if (first == 0) run_inside(spec, uid, gid, announced);
  if (spec.subordinate_count > 0) {
    const char* failed = map_subordinate_users(spec, static_cast<pid_t>(first));
    if (failed != nullptr) report_error(failed, "it refused the subordinate ids");
    if (failed != nullptr || ::write(announced[1], "", 1) != 1) {
      report("pid", first);  // for Brume to end and reap
      return 1;
    }
  }
  report("pid", first);  // Brume's own child, thanks to CLONE_PARENT: this process is not needed any more
  return ::write(announced[1], "", 1) == 1 ? 0 : 1;
}
