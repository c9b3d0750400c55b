// The system call filter: system_calls.h as a program for the kernel. It is written by hand rather than by libseccomp,
// which takes about two milliseconds for a list this long at each start of a sandbox; this takes some microseconds.
// The kernel works out by itself which calls are allowed whatever their arguments and skips the program for them.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "sandbox_launcher/spec.h"
#include "sandbox_launcher/system_calls.h"

namespace brume::sandbox_launcher {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH_… is this?"
#endif

// clone(2) takes CLONE_NEWTIME's bit for a part of the signal's number.
constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                         CLONE_NEWPID | CLONE_NEWNET;

constexpr std::uint32_t failing_with(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

/// A classic BPF program, instruction by instruction. Jumps go forward only.
class Program {
 public:
  Program() {
    load(offsetof(seccomp_data, arch));
    // A program of another architecture (32 bits, say) can call nothing.
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    answer(failing_with(ENOSYS));
    load(offsetof(seccomp_data, nr));
    add(BPF_JMP | BPF_JGE | BPF_K, kCallsEnd, 0, 1);
    answer(failing_with(ENOSYS));
    search(0, kCallsEnd);
  }

  sock_fprog for_kernel() { return {static_cast<unsigned short>(code_.size()), code_.data()}; }

 private:
  void add(int operation, std::uint32_t value, int if_true = 0, int if_false = 0) {
    code_.push_back({static_cast<std::uint16_t>(operation), static_cast<std::uint8_t>(if_true),
                     static_cast<std::uint8_t>(if_false), value});
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  /// The lower half: the kernel ignores the upper one of an int, where a caller may leave anything.
  void load_argument(std::size_t number) {
    static_assert(std::endian::native == std::endian::little);
    load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t));
  }
  void answer(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  void answer_if(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(verdict);
  }

  /// Numbers from `begin` up to `end`, by halving what is not all one verdict.
  void search(std::size_t begin, std::size_t end) {
    const std::size_t middle = border(begin, end);
    if (middle == end) {
      judge(kVerdicts[begin]);
      return;
    }
    add(BPF_JMP | BPF_JGE | BPF_K, static_cast<std::uint32_t>(middle), 0, 1);
    const std::size_t jump = code_.size();
    add(BPF_JMP | BPF_JA, 0);  // conditional jumps reach 255 instructions only
    search(begin, middle);
    code_[jump].k = static_cast<std::uint32_t>(code_.size() - jump - 1);
    search(middle, end);
  }

  /// The change of verdict next to the middle; `end` when there is none.
  static std::size_t border(std::size_t begin, std::size_t end) {
    std::size_t best = end;
    const auto distance = [&](std::size_t at) {
      return at * 2 > begin + end ? at * 2 - begin - end : begin + end - at * 2;
    };
    for (std::size_t at = begin + 1; at < end; ++at)
      if (kVerdicts[at] != kVerdicts[at - 1] && (best == end || distance(at) < distance(best))) best = at;
    return best;
  }

  void judge(Verdict verdict) {
    switch (verdict) {
      case Verdict::unknown: return answer(failing_with(ENOSYS));
      case Verdict::refuse: return answer(failing_with(EPERM));
      case Verdict::allow: return answer(SECCOMP_RET_ALLOW);
      case Verdict::nothing: return answer(failing_with(0));
      case Verdict::clone: return judge_clone();
      case Verdict::socket: return judge_socket();
      case Verdict::ioctl: return judge_ioctl();
      case Verdict::personality: return judge_personality();
    }
  }

  void judge_clone() {
    load_argument(0);
    add(BPF_JMP | BPF_JSET | BPF_K, kNewNamespaces, 0, 1);
    answer(failing_with(EPERM));
    answer(SECCOMP_RET_ALLOW);
  }

  /// Other families (AF_ALG, AF_VSOCK, AF_PACKET …) and protocols (SCTP, DCCP …) are large parts of the kernel, some
  /// loaded on demand, that functions do not need. Of netlink what getaddrinfo and getifaddrs ask for addresses.
  void judge_socket() {
    constexpr std::uint32_t kProtocols[] = {0, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, 262 /* MPTCP */};
    load_argument(0);
    answer_if(AF_UNIX, SECCOMP_RET_ALLOW);
    constexpr int kNetlinkSize = 4;  // instructions
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3 + kNetlinkSize, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2 + kNetlinkSize, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
    answer(failing_with(EAFNOSUPPORT));
    load_argument(2);
    answer_if(NETLINK_ROUTE, SECCOMP_RET_ALLOW);
    answer(failing_with(EPROTONOSUPPORT));
    load_argument(2);
    for (const auto protocol : kProtocols) answer_if(protocol, SECCOMP_RET_ALLOW);
    answer(failing_with(EPROTONOSUPPORT));
  }

  void judge_ioctl() {
    load_argument(1);
    answer_if(TIOCSTI, failing_with(EPERM));
    answer_if(TIOCLINUX, failing_with(EPERM));
    answer(SECCOMP_RET_ALLOW);
  }

  void judge_personality() {
    load_argument(0);
    // The usual one, those of setarch (uname of 2.6, 32 bits, no random addresses), and the question which it is.
    for (const std::uint32_t value : {0x0u, 0x8u, 0x20000u, 0x20008u, 0x40000u, 0xffffffffu})
      answer_if(value, SECCOMP_RET_ALLOW);
    answer(failing_with(EPERM));
  }

  std::vector<sock_filter> code_;
};

}  // namespace

void load_filter() {
  Program program;
  sock_fprog code = program.for_kernel();
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code, 0, 0) != 0) fail("system call filter");
}

}  // namespace brume::sandbox_launcher
