// What a function can't do to the host or to others.
#include "lambda/sandbox/require_sandbox.h"
#include "lambda/sandbox/sandbox.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "lambda/environment/pool_harness.h"
#include "lambda/testing/out_of_descriptors.h"

namespace brume::lambda {
namespace {

class Sandboxed : public testing::PoolTest {
 protected:
  static std::string taking(const std::string& kind, int megabytes) {
    return "{\"do\":\"take\",\"path\":\"" + kind + "\",\"mb\":\"" + std::to_string(megabytes) + "\"}";
  }
};

TEST_F(Sandboxed, SeesNothingOfTheHostsFiles) {
  const auto function = native();
  std::ofstream(folder / "secret") << "the data of another";
  const auto read = invoke(function, doing("read", (folder / "secret").string()));
  EXPECT_EQ(read.payload, "\"error No such file or directory\"");
  EXPECT_EQ(invoke(function, doing("list", "/")).payload.find("work"), std::string::npos);
  const std::string root = invoke(function, doing("list", "/")).payload;
  for (const char* name : {"root ", "home/", "mnt ", "srv ", "sys ", "run "})
    EXPECT_EQ(root.find(name), std::string::npos) << root;
  EXPECT_EQ(invoke(function, doing("read", "/etc/shadow")).payload, "\"error No such file or directory\"");
}

TEST_F(Sandboxed, WritesOnlyBelowTmp) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("write", "/tmp/a")).payload, "\"ok\"");
  for (const char* name : {"/a", "/var/task/a", "/var/runtime/a", "/usr/a", "/etc/passwd", "/opt/a", "/dev/a"})
    EXPECT_NE(invoke(function, doing("write", name)).payload, "\"ok\"") << name;
}

TEST_F(Sandboxed, TmpIsPrivateToEachEnvironment) {
  const auto first = native("first"), second = native("second");
  EXPECT_EQ(invoke(first, doing("write", "/tmp/mine")).payload, "\"ok\"");
  EXPECT_EQ(invoke(first, doing("list", "/tmp")).payload, "\"mine \"");
  EXPECT_EQ(invoke(second, doing("list", "/tmp")).payload, "\"\"");
}

TEST_F(Sandboxed, TmpEndsAtTheEphemeralStorage) {
  const auto function = native();
  function->ephemeral_storage_mb = 16;
  function->memory_mb = 256;
  const auto answer = invoke(function, doing("fill", "/tmp/big"));
  EXPECT_TRUE(answer.payload == "\"15 No space left on device\"" ||
              answer.payload == "\"16 No space left on device\"" || answer.payload == "\"16 File too large\"")
      << answer.payload;
}

TEST_F(Sandboxed, SeesNoOtherProcess) {
  std::istringstream names(invoke(native(), doing("list", "/proc")).payload.substr(1));
  std::vector<std::string> processes;
  for (std::string name; names >> name;)
    if (std::isdigit(static_cast<unsigned char>(name[0]))) processes.push_back(name);
  EXPECT_EQ(processes, (std::vector<std::string>{"1", "2"}));
}

TEST_F(Sandboxed, HasNoPowers) {
  const auto function = native();
  EXPECT_NE(invoke(function, doing("uid")).payload, "0");
  EXPECT_EQ(invoke(function, doing("mount")).payload, "\"Operation not permitted\"");
  EXPECT_EQ(invoke(function, doing("unshare")).payload, "\"Operation not permitted\"");
  invoke(function, doing("kill-all"));
  EXPECT_EQ(invoke(function, doing("count")).payload, "5") << "the first process died";
  const std::string status = invoke(function, doing("read", "/proc/self/status")).payload;
  EXPECT_NE(status.find("CapEff:\\u00090000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("CapBnd:\\u00090000000000000000"), std::string::npos);
  EXPECT_NE(status.find("NoNewPrivs:\\u00091"), std::string::npos);
  EXPECT_NE(status.find("Seccomp:\\u00092"), std::string::npos);
}

TEST_F(Sandboxed, MemoryBeyondTheLimitKills) {
  const auto function = native();
  const auto answer = invoke(function, doing("memory"));
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  EXPECT_NE(answer.payload.find("\"errorType\":\"Runtime.ExitError\""), std::string::npos) << answer.payload;
  EXPECT_NE(answer.payload.find("Error: Runtime exited with error: signal: killed"), std::string::npos)
      << answer.payload;
  EXPECT_NE(sink.find("REPORT").find("Status: error\tError Type: Runtime.ExitError"), std::string::npos)
      << sink.find("REPORT");
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Sandboxed, MemoryOfEveryKindIsOfTheLimit) {
  const auto function = native();
  for (const char* kind : {"private", "shared", "memfd", "memfd-written", "memfd-closed", "sysv", "sysv-detached",
                           "file", "mapped-file"}) {
    const auto answer = invoke(function, taking(kind, 200));
    EXPECT_NE(answer.payload.find("Runtime exited with error: signal: killed"), std::string::npos)
        << kind << ": " << answer.payload;
  }
}

TEST_F(Sandboxed, MemoryThatAnEndedProcessLeftIsNotTheNextOnes) {
  const auto function = native();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(invoke(function, taking("sysv-detached", 70)).payload, "\"ok\"") << i;
    EXPECT_NE(invoke(function, doing("exit", "7")).payload.find("Runtime.ExitError"), std::string::npos);
  }
  EXPECT_EQ(invoke(function, doing("write", "/tmp/a")).payload, "\"ok\"");
}

TEST_F(Sandboxed, HasNoPowersInItsSecondProcessEither) {
  const auto function = native();
  const std::string uid = invoke(function, doing("uid")).payload;
  const std::string descriptors = invoke(function, doing("list", "/proc/self/fd")).payload;
  invoke(function, doing("exit", "7"));
  EXPECT_EQ(invoke(function, doing("uid")).payload, uid);
  EXPECT_EQ(invoke(function, doing("mount")).payload, "\"Operation not permitted\"");
  EXPECT_EQ(invoke(function, doing("unshare")).payload, "\"Operation not permitted\"");
  const std::string status = invoke(function, doing("read", "/proc/self/status")).payload;
  for (const char* line :
       {"CapInh:\\u00090000000000000000", "CapPrm:\\u00090000000000000000", "CapEff:\\u00090000000000000000",
        "CapBnd:\\u00090000000000000000", "CapAmb:\\u00090000000000000000", "NoNewPrivs:\\u00091", "Seccomp:\\u00092"})
    EXPECT_NE(status.find(line), std::string::npos) << line << " " << status;
  EXPECT_EQ(invoke(function, doing("read", "/proc/self/oom_score_adj")).payload, "\"800\\n\"");
  EXPECT_EQ(invoke(function, doing("list", "/proc/self/fd")).payload, descriptors);
  EXPECT_EQ(invoke(function, doing("read", "/proc/1/environ")).payload.find("error"), 1u);
}

Task<ExitStatus> wait_for(std::shared_ptr<Sandbox> sandbox) { co_return co_await sandbox->wait(); }
Task<std::optional<ExitStatus>> wait_for_program(std::shared_ptr<Sandbox> sandbox) {
  co_return co_await sandbox->wait_program();
}

/// What is inside cannot do what Brume's signals do, whoever it is.
TEST_F(Sandboxed, TheFirstProcessHearsBrumeAlone) {
  SandboxSpec spec;
  spec.command = {"/bin/sh", "-c", "kill -USR1 1; kill -USR2 1; sleep 0.3; kill -USR2 1; exit 7"};
  spec.stay = true;
  std::shared_ptr<Sandbox> sandbox = begin(Sandbox::start(host, blocking, spec)).get();
  auto ended = begin(wait_for_program(sandbox));
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  const auto exit = ended.get();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->describe(), "exit status 7");
  auto again = begin(wait_for_program(sandbox));
  EXPECT_EQ(again.wait_for(std::chrono::milliseconds(700)), std::future_status::timeout) << "it was started again";
  asio::post(loops.executor(0), [sandbox] { sandbox->start_again(); });
  ASSERT_EQ(again.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(again.get()->describe(), "exit status 7");
  asio::post(loops.executor(0), [sandbox] { sandbox->start_again(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  asio::post(loops.executor(0), [sandbox] { sandbox->end_program(); });
  auto killed = begin(wait_for_program(sandbox));
  ASSERT_EQ(killed.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(killed.get()->describe(), "signal: killed");
  asio::post(loops.executor(0), [sandbox] { sandbox->kill(); });
  EXPECT_EQ(begin(wait_for(sandbox)).get().describe(), "signal: killed");
}

/// 70 MB of 128 each, which a sum over processes and files would find twice or more.
TEST_F(Sandboxed, MemoryIsCountedOnce) {
  for (const char* kind : {"forked", "mapped-file", "memfd", "memfd-closed", "sysv"})
    EXPECT_EQ(invoke(native(kind), taking(kind, 70)).payload, "\"ok\"") << kind;
}

TEST_F(Sandboxed, FilesOfTmpAreBoundedInNumber) {
  const auto function = native();
  function->ephemeral_storage_mb = 16;
  function->memory_mb = 256;
  const int files = std::atoi(invoke(function, doing("inodes", "/tmp")).payload.c_str());
  EXPECT_GT(files, 900);
  EXPECT_LE(files, 1024);
}

TEST_F(Sandboxed, HasNoSharedMemoryFolderAsOnAws) {
  EXPECT_EQ(invoke(native(), doing("list", "/dev/shm")).payload, "\"error No such file or directory\"");
}

TEST_F(Sandboxed, ProcTellsAndChangesNothingOfTheHost) {
  const auto function = native();
  const auto read = [&](const char* path) { return invoke(function, doing("read", path)).payload; };
  const std::string mounts = read("/proc/self/mountinfo");
  for (const char* name : {"/proc/sys", "/proc/irq"})
    EXPECT_NE(mounts.find(std::string(" ") + name + " ro,nosuid,nodev,noexec"), std::string::npos) << name << mounts;
  for (const char* name : {"/proc/kallsyms", "/proc/keys", "/proc/interrupts"})
    EXPECT_TRUE(read(name) == "\"\"") << name;
  for (const char* name : {"/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern"})
    EXPECT_NE(invoke(function, doing("write", name)).payload, "\"ok\"") << name;
  EXPECT_NE(read("/proc/meminfo").find("MemTotal"), std::string::npos) << "what runtimes ask for stays";
  EXPECT_NE(read("/proc/cpuinfo").find("processor"), std::string::npos);
  EXPECT_NE(read("/proc/sys/kernel/pid_max"), "\"\"");
}

TEST_F(Sandboxed, LimitsOfEachProcess) {
  const std::string limits = invoke(native(), doing("read", "/proc/self/limits")).payload;
  const auto line = [&limits](const std::string& name) {
    const auto at = limits.find(name);
    return at == limits.npos ? name + " is missing" : limits.substr(at, limits.find("\\n", at) - at);
  };
  const auto words = [](const std::string& text) {
    std::istringstream in(text.substr(25));
    std::string soft, hard;
    in >> soft >> hard;
    return soft + " " + hard;
  };
  EXPECT_EQ(words(line("Max core file size")), "0 0");
  EXPECT_EQ(words(line("Max open files")), "1024 1024");
  EXPECT_EQ(words(line("Max processes")), "1024 1024");
  EXPECT_EQ(words(line("Max locked memory")), "65536 65536");
  EXPECT_EQ(words(line("Max file size")), "536870912 536870912");
}

TEST_F(Sandboxed, CannotLookIntoTheFirstProcess) {
  const auto function = native();
  for (const char* name : {"/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/fd/0"})
    EXPECT_NE(invoke(function, doing("read", name)).payload.find("\"error "), std::string::npos) << name;
  EXPECT_EQ(invoke(function, doing("list", "/proc/1/root")).payload, "\"error Permission denied\"");
}

TEST_F(Sandboxed, ForksAreBounded) {
  const auto function = native();
  function->memory_mb = 1024;
  const int forks = std::atoi(invoke(function, doing("forks")).payload.c_str());
  EXPECT_GT(forks, 100);
  EXPECT_LE(forks, 1024);
}

TEST_F(Sandboxed, ProcessesLeftBehindEndWithTheEnvironment) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("orphan")).payload, "null");
  EXPECT_EQ(invoke(function, doing("count")).payload, "2");
  run(pool->retire_and_wait(function->arn));
  EXPECT_EQ(pool->counts().idle, 0u);
  // The pool waited for the pid namespace's end, and with it went everything inside.
}

#ifndef BRUME_CANNOT_RUN_OUT_OF_DESCRIPTORS

TEST_F(Sandboxed, ItsEndIsSeenWithoutAFurtherDescriptor) {
  SandboxSpec spec;
  spec.command = {"/bin/sleep", "1000"};
  std::shared_ptr<Sandbox> sandbox = begin(Sandbox::start(host, blocking, spec)).get();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  auto ended = begin(wait_for(sandbox));
  asio::post(loops.executor(0), [sandbox] { sandbox->kill(); });
  const bool seen = ended.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(seen);
  EXPECT_EQ(ended.get().describe(), "signal: killed");
}

#endif

TEST(SandboxHost, SaysWhatItKeeps) {
  SandboxHost host;
  if (!host.unusable().empty()) BRUME_SKIP_WITHOUT_SANDBOX("this host allows no sandboxes: " << host.unusable());
  EXPECT_NE(host.describe().find("memory="), std::string::npos) << host.describe();
}

TEST(SandboxHost, MissingHelperIsSaidAtStart) {
  SandboxHost host({}, "/nowhere/brume-sandbox");
  EXPECT_EQ(host.unusable(), "cannot run /nowhere/brume-sandbox: No such file or directory");
  EXPECT_NE(host.describe().find("unusable"), std::string::npos) << host.describe();
}

TEST(ExitStatus, IsDescribedAsAws) {
  EXPECT_EQ((ExitStatus{false, 3, {}}.describe()), "exit status 3");
  EXPECT_EQ((ExitStatus{true, SIGKILL, {}}.describe()), "signal: killed");
  EXPECT_EQ((ExitStatus{true, SIGSEGV, {}}.describe()), "signal: segmentation fault");
}

/// The same as an ordinary user: a child gives up root and runs the pool tests' essentials.
TEST(SandboxHost, WorksForAnOrdinaryUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root: the other tests show it";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    SandboxHost host;
    if (!host.unusable().empty()) {
      std::fprintf(stderr, "%s\n", host.unusable().c_str());
      ::_exit(2);
    }
    ::_exit(host.own_users() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2)
    BRUME_SKIP_WITHOUT_SANDBOX("this host allows ordinary users no sandboxes (or can't read the build folder)");
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// In a mount namespace of its own, this host has subordinate ids for user 65534: 3000000 and following. False: it cannot.
bool become_user_with_subordinate_ids(const char* file) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  for (const char* target : {"/etc/subuid", "/etc/subgid"})
    if (::mount(file, target, nullptr, MS_BIND, nullptr) != 0) return false;
  const gid_t groups[] = {65534, 4242};
  return ::setgroups(2, groups) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0;
}

/// What follows `name` in /proc/*/status of all functions on the host.
std::set<std::string> of_functions(const std::string& name) {
  std::set<std::string> seen;
  for (const auto& entry : testing::fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "status");
    std::string line;
    if (!std::getline(file, line) || line != "Name:\tbootstrap") continue;
    while (std::getline(file, line))
      if (line.starts_with(name)) seen.insert(line.substr(name.size()));
  }
  return seen;
}

/// The user and the groups of functions of an ordinary user; run by the next test.
TEST_F(Sandboxed, DISABLED_IsAnotherUserThanBrume) {
  ASSERT_TRUE(host.own_users()) << host.describe();
  EXPECT_NE(host.describe().find("users=subordinate"), std::string::npos) << host.describe();
  const auto first = native("first"), second = native("second");
  const std::string status = invoke(first, doing("read", "/proc/self/status")).payload;
  EXPECT_NE(status.find("Groups:\\u0009 \\n"), std::string::npos) << status;
  EXPECT_NE(status.find("CapEff:\\u00090000000000000000"), std::string::npos) << status;
  EXPECT_EQ(invoke(first, doing("write", "/tmp/a")).payload, "\"ok\"");
  EXPECT_NE(invoke(first, doing("uid")).payload, invoke(second, doing("uid")).payload);
  std::size_t subordinate = 0;
  for (const auto& ids : of_functions("Uid:\t")) subordinate += ids.starts_with("30000");
  EXPECT_EQ(subordinate, 2u) << "what the host sees";
}

TEST(SandboxHost, SubordinateIdsAreOtherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  for (const char* needed : {"/usr/bin/newuidmap", "/usr/bin/newgidmap", "/etc/subuid", "/etc/subgid"})
    if (::access(needed, F_OK) != 0) BRUME_SKIP_WITHOUT_SANDBOX("no " << needed << " (Debian package uidmap)");
  char file[] = "/tmp/brume-subordinate-XXXXXX";
  const int fd = ::mkstemp(file);
  const std::string text = "65534:3000000:65536\n";
  ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::fchmod(fd, 0644);
  ::close(fd);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!become_user_with_subordinate_ids(file)) ::_exit(2);
    ::execl("/proc/self/exe", "lambda_test", "--gtest_also_run_disabled_tests",
            "--gtest_filter=Sandboxed.*:SystemCalls.Arguments*", nullptr);
    ::_exit(3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::unlink(file);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) BRUME_SKIP_WITHOUT_SANDBOX("this host allows no mounts");
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// A host like many containers: an ordinary user, no cgroups, and a /proc that hides a part of itself.
bool enter_container() {
  if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // else /proc/self belongs to root
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  const auto write = [](const char* path, const char* text) {
    return (std::ofstream(path) << text << std::flush).good();
  };
  return write("/proc/self/setgroups", "deny") && write("/proc/self/uid_map", "0 65534 1") &&
         write("/proc/self/gid_map", "0 65534 1") && ::mount("none", "/proc/sys", "tmpfs", 0, nullptr) == 0;
}

TEST(SandboxHost, KeepsMemoryLimitsWhereAContainerHidesPartsOfProc) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!enter_container()) ::_exit(2);
    ::execl("/proc/self/exe", "lambda_test", "--gtest_filter=Sandboxed.Memory*", nullptr);
    ::_exit(3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) BRUME_SKIP_WITHOUT_SANDBOX("this host allows ordinary users no namespaces");
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// The same on a host that has no cgroups for it, with a /proc in each sandbox: for an ordinary user, whose functions are
/// the same user, and for root, whose are others.
TEST(SandboxHost, KeepsMemoryLimitsWithoutCgroups) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root: the other tests show it";
  for (const bool ordinary : {true, false}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const bool changed = ordinary ? ::setgroups(0, nullptr) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0
                                    : ::unshare(CLONE_NEWNS) == 0 &&
                                          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                                          ::umount2("/sys/fs/cgroup", MNT_DETACH) == 0;
      if (!changed) ::_exit(2);
      ::execl("/proc/self/exe", "lambda_test",
              "--gtest_filter=Sandboxed.Memory*:Sandboxed.CannotLook*:Sandboxed.TheFirst*:Sandboxed.HasNoPowers*",
              nullptr);
      ::_exit(3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) BRUME_SKIP_WITHOUT_SANDBOX("this host has no /sys/fs/cgroup to leave");
    EXPECT_EQ(WEXITSTATUS(status), 0) << (ordinary ? "ordinary user" : "root");
  }
}

}  // namespace
}  // namespace brume::lambda
