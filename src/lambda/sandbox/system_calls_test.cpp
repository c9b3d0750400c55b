// Which system calls a function can make: asked of the kernel from inside a sandbox, by number.
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <map>
#include <set>
#include <sstream>

#include "lambda/environment/pool_harness.h"
#include "sandbox_launcher/system_calls.h"

namespace brume::lambda {
namespace {

namespace launcher = sandbox_launcher;

class SystemCalls : public testing::PoolTest {
 protected:
  void SetUp() override {
    PoolTest::SetUp();
    if (!HasFatalFailure() && !IsSkipped()) function = native();
  }

  /// "ok", an errno, or "ended".
  std::string call(long number, std::initializer_list<unsigned long long> arguments = {}) {
    std::string text = std::to_string(number);
    for (const auto argument : arguments) text += " " + std::to_string(argument);
    const std::string payload = invoke(function, doing("call", text)).payload;
    return payload.size() > 2 ? payload.substr(1, payload.size() - 2) : payload;
  }

  std::shared_ptr<FunctionSpec> function;
};

std::string number(int error) { return std::to_string(error); }

TEST_F(SystemCalls, WhatReachesBeyondTheSandboxIsRefused) {
  const std::pair<const char*, long> kCalls[] = {
      {"ptrace", SYS_ptrace},
      {"process_vm_readv", SYS_process_vm_readv},
      {"pidfd_getfd", SYS_pidfd_getfd},
      {"mount", SYS_mount},
      {"umount2", SYS_umount2},
      {"open_tree", SYS_open_tree},
      {"move_mount", SYS_move_mount},
      {"fsopen", SYS_fsopen},
      {"mount_setattr", SYS_mount_setattr},
      {"pivot_root", SYS_pivot_root},
      {"chroot", SYS_chroot},
      {"unshare", SYS_unshare},
      {"setns", SYS_setns},
      {"bpf", SYS_bpf},
      {"perf_event_open", SYS_perf_event_open},
      {"userfaultfd", SYS_userfaultfd},
      {"io_uring_setup", SYS_io_uring_setup},
      {"io_uring_enter", SYS_io_uring_enter},
      {"io_uring_register", SYS_io_uring_register},
      {"kexec_load", SYS_kexec_load},
      {"kexec_file_load", SYS_kexec_file_load},
      {"init_module", SYS_init_module},
      {"finit_module", SYS_finit_module},
      {"delete_module", SYS_delete_module},
      {"add_key", SYS_add_key},
      {"request_key", SYS_request_key},
      {"keyctl", SYS_keyctl},
      {"syslog", SYS_syslog},
      {"reboot", SYS_reboot},
      {"open_by_handle_at", SYS_open_by_handle_at},
      {"settimeofday", SYS_settimeofday},
      {"swapon", SYS_swapon},
      {"quotactl", SYS_quotactl},
      {"fanotify_init", SYS_fanotify_init},
  };
  for (const auto& [name, call_number] : kCalls) EXPECT_EQ(call(call_number), number(EPERM)) << name;
}

TEST_F(SystemCalls, WhatIsNotListedDoesNotExist) {
  constexpr long kX32 = 0x4000'0000;
  const std::pair<const char*, long> kCalls[] = {
      {"clone3", SYS_clone3},  {"memfd_secret", 447},         {"statmount", 457},
      {"listmount", 458},      {"lsm_get_self_attr", 459},    {"setxattrat", 463},
      {"open_tree_attr", 467}, {"no number yet", 600},        {"the last below x32", kX32 - 1},
      {"read of x32", kX32},   {"ptrace of x32", kX32 + 521}, {"minus one", -1},
  };
  for (const auto& [name, call_number] : kCalls) EXPECT_EQ(call(call_number), number(ENOSYS)) << name;
}

TEST_F(SystemCalls, ArgumentsDecide) {
  constexpr unsigned long long kRubbish = 0xabcd'0000'0000ull;  // in the half of a register that an int leaves alone
  struct Case {
    const char* name;
    long number;
    std::initializer_list<unsigned long long> arguments;
    std::string expected;
  };
  const Case kCases[] = {
      {"Unix socket", SYS_socket, {AF_UNIX, SOCK_STREAM}, "ok"},
      {"TCP", SYS_socket, {AF_INET, SOCK_STREAM, IPPROTO_TCP}, "ok"},
      {"TCP by default", SYS_socket, {AF_INET | kRubbish, SOCK_STREAM | SOCK_CLOEXEC, 0}, "ok"},
      {"UDP", SYS_socket, {AF_INET, SOCK_DGRAM, IPPROTO_UDP | kRubbish}, "ok"},
      {"raw", SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_ICMP}, number(EPERM)},
      {"raw of any protocol", SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_RAW}, number(EPROTONOSUPPORT)},
      {"SCTP", SYS_socket, {AF_INET, SOCK_STREAM, IPPROTO_SCTP}, number(EPROTONOSUPPORT)},
      {"DCCP over IPv6", SYS_socket, {AF_INET6, 6, IPPROTO_DCCP}, number(EPROTONOSUPPORT)},
      {"addresses and routes", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}, "ok"},
      {"the host's sockets", SYS_socket, {AF_NETLINK | kRubbish, SOCK_RAW, NETLINK_SOCK_DIAG}, number(EPROTONOSUPPORT)},
      {"the firewall", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER}, number(EPROTONOSUPPORT)},
      {"audit", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT}, number(EPROTONOSUPPORT)},
      {"packets", SYS_socket, {AF_PACKET, SOCK_RAW, 0x300}, number(EAFNOSUPPORT)},
      {"hypervisor", SYS_socket, {AF_VSOCK, SOCK_STREAM}, number(EAFNOSUPPORT)},
      {"kernel's cryptography", SYS_socket, {AF_ALG | kRubbish, SOCK_SEQPACKET}, number(EAFNOSUPPORT)},
      {"TIPC", SYS_socket, {AF_TIPC, SOCK_STREAM}, number(EAFNOSUPPORT)},
      {"RDS", SYS_socket, {AF_RDS, SOCK_SEQPACKET}, number(EAFNOSUPPORT)},
      {"CAN", SYS_socket, {AF_CAN, SOCK_RAW}, number(EAFNOSUPPORT)},
      {"KCM", SYS_socket, {AF_KCM, SOCK_DGRAM}, number(EAFNOSUPPORT)},
      {"a family of the future", SYS_socket, {77, SOCK_STREAM}, number(EAFNOSUPPORT)},
      {"no family", SYS_socket, {AF_UNSPEC, SOCK_STREAM}, number(EAFNOSUPPORT)},
      {"pair of another family", SYS_socketpair, {AF_TIPC, SOCK_STREAM, 0, 0}, number(EAFNOSUPPORT)},
      {"pair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}, number(EFAULT)},
      {"new user namespace", SYS_clone, {CLONE_NEWUSER | SIGCHLD}, number(EPERM)},
      {"new mounts", SYS_clone, {CLONE_NEWNS}, number(EPERM)},
      {"new network", SYS_clone, {CLONE_NEWNET | kRubbish | SIGCHLD}, number(EPERM)},
      {"new processes", SYS_clone, {CLONE_NEWPID | CLONE_VM}, number(EPERM)},
      {"new cgroups", SYS_clone, {CLONE_NEWCGROUP}, number(EPERM)},
      {"child", SYS_clone, {SIGCHLD}, "ok"},
      {"typing into a terminal", SYS_ioctl, {0, TIOCSTI | kRubbish, 0}, number(EPERM)},
      {"pasting into a terminal", SYS_ioctl, {0, TIOCLINUX, 0}, number(EPERM)},
      {"asking a terminal", SYS_ioctl, {0, TCGETS, 0}, number(ENOTTY)},
      {"which personality", SYS_personality, {0xffffffff}, "ok"},
      {"readable is executable", SYS_personality, {0x0400000}, number(EPERM)},
      {"sync of the host's disks", SYS_sync, {}, "ok"},
      {"of no file's disk either", SYS_syncfs, {77}, "ok"},
  };
  for (const Case& one : kCases) EXPECT_EQ(call(one.number, one.arguments), one.expected) << one.name;
}

/// The program that the kernel runs says what the lists say, at every number.
TEST_F(SystemCalls, EveryNumberIsJudgedAsListed) {
  constexpr int kLast = 1023;
  function->timeout = std::chrono::seconds(60);
  std::istringstream words(invoke(function, doing("calls", std::to_string(kLast))).payload.substr(1));
  std::map<int, std::string> results;
  for (std::string word; words >> word;)
    if (const auto colon = word.find(':'); colon != word.npos)
      results[std::atoi(word.c_str())] = word.substr(colon + 1);
  ASSERT_EQ(results.size(), kLast + 1u);

  // Kernels older than Linux 6.10 lack these, and futex itself says so of an operation that it does not know.
  const std::set<int> may_be_unknown = {452, 453, 454, 455, 456, 462, SYS_futex};
#ifdef __x86_64__
  // Made by the kernel's own trampolines for probes and therefore never filtered; elsewhere they end the process.
  results.erase(335), results.erase(336);
#endif
  for (const auto& [call_number, result] : results) {
    const auto verdict = static_cast<std::size_t>(call_number) < launcher::kCallsEnd
                             ? launcher::kVerdicts.at(static_cast<std::size_t>(call_number))
                             : launcher::Verdict::unknown;
    using enum launcher::Verdict;
    if (verdict == unknown) {
      EXPECT_EQ(result, number(ENOSYS)) << call_number;
    } else if (verdict == refuse) {
      EXPECT_EQ(result, number(EPERM)) << call_number;
    } else if (!may_be_unknown.contains(call_number)) {
      EXPECT_NE(result, number(ENOSYS)) << call_number;
    }
  }
}

}  // namespace
}  // namespace brume::lambda
