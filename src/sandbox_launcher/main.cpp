// brume-sandbox: builds a sandbox and runs one command in it. Started by src/lambda/sandbox with a spec
// (spec.h); not meant for people.
//
// Two processes stay: the first process of the pid namespace, which reaps orphans, passes SIGTERM on and
// reports how the command ended (a command that was itself number 1 would be deaf to its own signals), and
// the command. Killing the first one kills all; it is killed when Brume dies.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <dirent.h>
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
#include <cstdlib>
#include <cstring>

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

void set_capabilities(std::uint32_t low) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{low, low, 0}, {0, 0, 0}};
  if (::syscall(SYS_capset, &header, data) != 0) fail("drop capabilities");
}

void give_up_privileges(const Spec& spec) {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  if (!spec.user_namespace) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(spec.uid, spec.uid, spec.uid) != 0 ||
        ::setresuid(spec.uid, spec.uid, spec.uid) != 0)
      fail("become user", std::to_string(spec.uid));
  }
  set_capabilities(0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
}

[[noreturn]] void run_command(const Spec& spec) {
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

std::string read_text(int folder, const std::string& path) {
  const int fd = ::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text;
  char block[512];
  for (ssize_t got = 0; fd >= 0 && (got = ::read(fd, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  if (fd >= 0) ::close(fd);
  return text;
}

std::uint64_t resident_bytes(int processes, const std::string& pid) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::string text = read_text(processes, pid + "/statm");
  char* rest = const_cast<char*>(text.c_str());
  std::strtoul(rest, &rest, 10);  // the size of the address space
  const unsigned long resident = std::strtoul(rest, &rest, 10), shared = std::strtoul(rest, &rest, 10);
  // Pages of files (libraries) are shared with other sandboxes; a cgroup would charge them to the first user.
  return (resident > shared ? resident - shared : 0) * page;
}

/// The same of every process in this pid namespace but the first. `processes` is the namespace's /proc.
std::uint64_t all_bytes(int processes) {
  std::uint64_t sum = 0;
  DIR* folder = ::fdopendir(::openat(processes, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder == nullptr) return 0;
  while (const dirent* entry = ::readdir(folder))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && std::strcmp(entry->d_name, "1") != 0)
      sum += resident_bytes(processes, entry->d_name);
  ::closedir(folder);
  return sum;
}

/// The same of all that descends from `pid`. `processes` is the /proc of an outer namespace, `pid` a number there.
std::uint64_t descendants_bytes(int processes, const std::string& pid) {
  std::uint64_t sum = 0;
  const int fd = ::openat(processes, (pid + "/task").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* threads = fd >= 0 ? ::fdopendir(fd) : nullptr;
  if (threads == nullptr) return 0;
  while (const dirent* thread = ::readdir(threads)) {
    if (thread->d_name[0] == '.') continue;
    const std::string children = read_text(fd, std::string(thread->d_name) + "/children");
    for (std::size_t at = 0, end = 0; (end = children.find(' ', at)) != std::string::npos; at = end + 1) {
      const std::string child = children.substr(at, end - at);
      sum += resident_bytes(processes, child) + descendants_bytes(processes, child);
    }
  }
  ::closedir(threads);
  return sum;
}

/// Keeps the limit of memory where no cgroup does. Some hosts, containers mostly, allow a sandbox no /proc of its own;
/// then it reads the host's, which was opened before the sandbox left it.
class MemoryWatch {
 public:
  MemoryWatch(const Spec& spec, int host_processes) : limit_(spec.watch_bytes), processes_(host_processes) {
    if (limit_ == 0) return;
    if (::access("/proc/1/statm", F_OK) == 0) {
      ::close(processes_);
      processes_ = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      return;
    }
    char self[16] = {};
    if (::readlinkat(processes_, "self", self, sizeof self - 1) <= 0) fail("watch memory", "/proc/self");
    self_ = self;
    const std::string children = self_ + "/task/" + self_ + "/children";
    if (::faccessat(processes_, children.c_str(), R_OK, 0) != 0) fail("watch memory", "/proc/" + children);
  }

  bool on() const { return limit_ > 0; }
  bool exceeded() const {
    return on() && (self_.empty() ? all_bytes(processes_) : descendants_bytes(processes_, self_)) > limit_;
  }

 private:
  std::uint64_t limit_;
  int processes_;
  std::string self_;  // this process's number in the host's /proc; empty: processes_ is the sandbox's own
};

/// Reaps until the command ends, then ends with it; the kernel kills what it left behind.
[[noreturn]] void be_first_process(const MemoryWatch& memory, pid_t command, const sigset_t& signals) {
  const timespec pause{0, 100'000'000};
  while (true) {
    const int signal = memory.on() ? ::sigtimedwait(&signals, nullptr, &pause) : ::sigwaitinfo(&signals, nullptr);
    if (signal == SIGTERM) ::kill(command, SIGTERM);
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != command) continue;
      if (WIFSIGNALED(status)) report("signal", WTERMSIG(status));
      else report("exit", WEXITSTATUS(status));
      ::_exit(0);
    }
    if (memory.exceeded()) ::kill(-1, SIGKILL);
  }
}

/// Until Brume knows of this process: what it says of the command must come after its own number.
void wait_until_announced(const int (&announced)[2]) {
  ::close(announced[1]);
  char byte = 0;
  if (::read(announced[0], &byte, 1) != 1) ::_exit(1);  // the helper was killed: nobody knows of this process
  ::close(announced[0]);
}

[[noreturn]] void run_inside(const Spec& place, std::uint32_t outer_uid, std::uint32_t outer_gid,
                             const int (&announced)[2]) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // Brume may have died before that line: then nobody reads the status pipe any more.
  pollfd reader{kStatusFd, 0, 0};
  if (::poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0) ::_exit(1);

  if (place.user_namespace) {
    const std::string id = std::to_string(place.uid);
    write_file("/proc/self/setgroups", "deny", "user namespace");
    write_file("/proc/self/uid_map", id + " " + std::to_string(outer_uid) + " 1", "user namespace");
    write_file("/proc/self/gid_map", id + " " + std::to_string(outer_gid) + " 1", "user namespace");
  }
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
  const MemoryWatch memory(spec, processes);

  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  wait_until_announced(announced);
  const pid_t command = ::fork();
  if (command < 0) fail("fork");
  if (command == 0) run_command(spec);

  for (int fd = 0; fd < kStatusFd; ++fd) ::close(fd);
  ::prctl(PR_SET_NAME, "sandbox-init", 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  set_capabilities(1u << CAP_KILL);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  be_first_process(memory, command, signals);
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
  report("pid", first);  // Brume's own child, thanks to CLONE_PARENT: this process is not needed any more
  return ::write(announced[1], "", 1) == 1 ? 0 : 1;
}
