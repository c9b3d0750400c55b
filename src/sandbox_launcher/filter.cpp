// System calls that a function has no business with. They fail with EPERM, so that a library that tries
// one for good measure goes on.
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "sandbox_launcher/spec.h"

namespace brume::sandbox_launcher {

namespace {

constexpr int kDenied[] = {
    // other mounts, other roots, other namespaces
    SCMP_SYS(mount),
    SCMP_SYS(umount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    // other processes
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    // the kernel
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(syslog),
    SCMP_SYS(reboot),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(acct),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(vhangup),
    SCMP_SYS(nfsservctl),
    SCMP_SYS(uselib),
    SCMP_SYS(ustat),
    SCMP_SYS(sysfs),
    SCMP_SYS(_sysctl),
    // keys are shared by user id, clocks by everybody
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(stime),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_settime64),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(clock_adjtime64),
};

constexpr unsigned long kNewNamespaces[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                            CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

void check(int result, const char* step) {
  if (result == 0) return;
  errno = -result;
  fail("system call filter", step);
}

}  // namespace

void load_filter() {
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) fail("system call filter");
  check(::seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)), "architecture");
  check(::seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "tree");  // a binary tree: about 8 comparisons a call
  for (const int call : kDenied) {
    if (call == __NR_SCMP_UNDEF) continue;
    check(::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0), "rule");
  }
  for (const unsigned long flag : kNewNamespaces)
    check(::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                             SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, flag, flag)),
          "clone");
  // clone3 takes its flags in memory, where a filter can't look. C libraries fall back to clone on ENOSYS.
  check(::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
  // Pushes characters into a terminal's input.
  check(::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                           SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI)),
        "ioctl");
  // The network namespace is the host's: no list of its sockets, no raw sockets, no talk to hypervisors.
  check(::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
                           SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffffu, AF_NETLINK),
                           SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, 0xffffffffu, NETLINK_SOCK_DIAG)),
        "netlink");
  for (const unsigned family : {static_cast<unsigned>(AF_PACKET), static_cast<unsigned>(AF_VSOCK)})
    check(::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                             SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffffu, family)),
          "socket");
  check(::seccomp_load(filter), "load");
  ::seccomp_release(filter);
}

}  // namespace brume::sandbox_launcher
