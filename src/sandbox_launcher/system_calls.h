// Which system calls a function may make. What is in neither list does not exist for it (ENOSYS): calls of newer
// kernels too, and C libraries and runtimes then take the older way. What would reach beyond the sandbox is refused
// with EPERM, as the kernel itself refuses it to a program without powers, so that one that tries it for good measure
// goes on. Calls after 424 have the same number on every architecture.
#pragma once

#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace brume::sandbox_launcher {

enum class Verdict : std::uint8_t {
  unknown,      ///< ENOSYS
  refuse,       ///< EPERM
  allow,
  nothing,      ///< succeeds and does nothing
  clone,        ///< allowed without new namespaces
  socket,       ///< allowed for some families and protocols
  ioctl,        ///< allowed but for those that type into terminals
  personality,  ///< allowed for what changes no protection of memory
};

// clang-format off
inline constexpr int kAllowedCalls[] = {
    // files
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_preadv2,
    SYS_pwritev2, SYS_openat, SYS_openat2, SYS_close, SYS_close_range, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx,
    SYS_statfs, SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_chdir,
    SYS_fchdir, SYS_mkdirat, SYS_mknodat, SYS_unlinkat, SYS_linkat, SYS_symlinkat, SYS_renameat2, SYS_fchmod,
    SYS_fchmodat, 452 /* fchmodat2 */, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_truncate, SYS_ftruncate,
    SYS_fallocate, SYS_fadvise64, SYS_readahead, SYS_fsync, SYS_fdatasync, SYS_sync_file_range, SYS_flock, SYS_fcntl,
    SYS_dup, SYS_dup3, SYS_pipe2, SYS_umask, SYS_copy_file_range, SYS_sendfile, SYS_splice, SYS_tee, SYS_vmsplice,
    SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_listxattr,
    SYS_llistxattr, SYS_flistxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, SYS_inotify_init1,
    SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_io_setup, SYS_io_destroy, SYS_io_submit, SYS_io_cancel,
    SYS_io_getevents, SYS_io_pgetevents,
    // waiting
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_ppoll, SYS_pselect6, SYS_eventfd2,
    SYS_signalfd4, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_futex, SYS_futex_waitv,
    454 /* futex_wake */, 455 /* futex_wait */, 456 /* futex_requeue */, SYS_set_robust_list, SYS_get_robust_list,
    SYS_nanosleep, SYS_clock_nanosleep, SYS_restart_syscall,
    // memory
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_msync, SYS_mincore, SYS_mlock, SYS_mlock2,
    SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_remap_file_pages, SYS_memfd_create, SYS_membarrier,
    SYS_pkey_mprotect, SYS_pkey_alloc, SYS_pkey_free, 453 /* map_shadow_stack */, 462 /* mseal */, SYS_shmget,
    SYS_shmat, SYS_shmdt, SYS_shmctl,
    // processes, threads, signals
    SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_kill, SYS_tkill, SYS_tgkill,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigpending, SYS_rt_sigtimedwait, SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo, SYS_rt_sigsuspend, SYS_rt_sigreturn, SYS_sigaltstack, SYS_pidfd_open,
    SYS_pidfd_send_signal, SYS_set_tid_address, SYS_rseq, SYS_gettid, SYS_getpid, SYS_getppid, SYS_getpgid, SYS_setpgid,
    SYS_getsid, SYS_setsid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid,
    SYS_getgroups, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups,
    SYS_setfsuid, SYS_setfsgid, SYS_capget, SYS_capset, SYS_prctl, SYS_seccomp, SYS_landlock_create_ruleset,
    SYS_landlock_add_rule, SYS_landlock_restrict_self, SYS_getrlimit, SYS_setrlimit, SYS_prlimit64, SYS_getrusage,
    SYS_getpriority, SYS_setpriority, SYS_ioprio_get, SYS_ioprio_set, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_sched_setaffinity, SYS_sched_getscheduler, SYS_sched_setscheduler, SYS_sched_getparam, SYS_sched_setparam,
    SYS_sched_getattr, SYS_sched_setattr, SYS_sched_get_priority_max, SYS_sched_get_priority_min,
    SYS_sched_rr_get_interval, SYS_getcpu, SYS_semget, SYS_semop, SYS_semctl, SYS_semtimedop, SYS_msgget, SYS_msgsnd,
    SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify,
    SYS_mq_getsetattr,
    // sockets (socket and socketpair: see below)
    SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_getsockname, SYS_getpeername, SYS_getsockopt,
    SYS_setsockopt, SYS_shutdown, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg,
    // time, and what the machine is
    SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getitimer, SYS_setitimer, SYS_timer_create,
    SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_times, SYS_uname, SYS_sysinfo,
    SYS_getrandom,
#ifdef __x86_64__  // what newer architectures never had
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_getdents, SYS_mkdir, SYS_rmdir, SYS_mknod,
    SYS_unlink, SYS_link, SYS_symlink, SYS_rename, SYS_renameat, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime,
    SYS_utimes, SYS_futimesat, SYS_dup2, SYS_pipe, SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait,
    SYS_eventfd, SYS_signalfd, SYS_inotify_init, SYS_pause, SYS_alarm, SYS_fork, SYS_vfork, SYS_getpgrp, SYS_time,
    SYS_arch_prctl,
#endif
};

inline constexpr int kRefusedCalls[] = {
    // other mounts, other roots, other namespaces
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig,
    SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_unshare, SYS_setns, SYS_sethostname, SYS_setdomainname,
    // other processes
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_process_madvise, SYS_pidfd_getfd,
    // the kernel
    SYS_bpf, SYS_perf_event_open, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_syslog, SYS_reboot, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter,
    SYS_io_uring_register, SYS_fanotify_init, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_quotactl,
    443 /* quotactl_fd */, SYS_acct, SYS_swapon, SYS_swapoff, SYS_vhangup,
    // keys are shared by user id, clocks by everybody
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime,
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm,
#endif
};

// clang-format on

/// Numbers from here on are unknown. Those of x86's x32 begin far above.
inline constexpr std::size_t kCallsEnd = 512;

/// The verdict on each number.
inline constexpr auto kVerdicts = [] {
  std::array<Verdict, kCallsEnd> verdicts{};
  const auto put = [&verdicts](int call, Verdict verdict) {
    auto& place = verdicts.at(static_cast<std::size_t>(call));
    if (place != Verdict::unknown) throw "a call is listed twice";  // so this does not compile
    place = verdict;
  };
  for (const int call : kAllowedCalls) put(call, Verdict::allow);
  for (const int call : kRefusedCalls) put(call, Verdict::refuse);
  // clone3 takes its flags in memory, where a filter can't look: it is unknown, and C libraries fall back to clone.
  put(SYS_clone, Verdict::clone);
  put(SYS_socket, Verdict::socket);
  put(SYS_socketpair, Verdict::socket);
  put(SYS_ioctl, Verdict::ioctl);
  put(SYS_personality, Verdict::personality);
  // Would write out the host's file systems. All that a function can write lies in memory.
  put(SYS_sync, Verdict::nothing);
  put(SYS_syncfs, Verdict::nothing);
  return verdicts;
}();

}  // namespace brume::sandbox_launcher
