// What brume-sandbox is told, and how it reports. Read and written by src/lambda/sandbox too: both sides
// are built together, so the format has no version.
//
// It is told in two steps, so that namespaces can be made before anybody knows for whom: first, on descriptor kSpecFd,
// what place to make ("userns", "uid", "subordinate", "netns", "ipv6", "listen"); then, on kControlFd, what to run in it. Each is a file of
// NUL-terminated words: a directive, then its arguments. On kStatusFd the program reports lines: "pid N" (the sandbox's
// first process), then "exit N" or "signal N" when the command has ended, or "error TEXT" when it never started.
// kControlFd is a Unix socket of messages (SOCK_SEQPACKET), one each way, of one byte: the sandbox sends its listeners
// (SCM_RIGHTS, in the order asked for) when the place is made; Brume sends the second file's descriptor. A sandbox whose
// control channel ends before that ends too.
//
// A sandbox that is told to "stay" stands on when its command has ended: its first process ends whatever is left in it,
// reports "exit N" or "signal N" once all is gone, and starts the command again when it gets kStartSignal (nothing
// happens while one runs). kEndSignal ends all processes but the first at any time. Both count only from outside.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace brume::sandbox_launcher {

inline constexpr int kTelemetryFd = 3;  // the only descriptor beyond 0, 1, 2 that the command gets
inline constexpr int kStatusFd = 4;
inline constexpr int kSpecFd = 5;
inline constexpr int kControlFd = 6;
inline constexpr int kEndSignal = SIGUSR1, kStartSignal = SIGUSR2;
inline constexpr std::size_t kListenersMax = 4;
inline constexpr const char* kNewUidMap = "/usr/bin/newuidmap";
inline constexpr const char* kNewGidMap = "/usr/bin/newgidmap";

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};

struct Spec {
  std::uint32_t uid = 0;  // "uid N": of the command, in the sandbox's user namespace if it has one
  /// "userns". Of a place: Brume is not root, so namespaces need a user namespace. Of a command: it keeps the first
  /// process's user, there is no other.
  bool user_namespace = false;
  /// "subordinate UID GID COUNT": users 1 … COUNT of the user namespace are these of the host, and root is Brume's own.
  std::uint32_t subordinate_uid = 0, subordinate_gid = 0, subordinate_count = 0;
  bool own_network = false;  // "netns": a network namespace with nothing but its loopback
  bool ipv6 = false;  // "ipv6": the way out of it will know IPv6, too
  std::vector<Listen> listen;  // "listen ADDRESS PORT": port 0 takes a free one
  std::uint64_t tmp_bytes = 0;  // "tmp N": size of /tmp
  std::uint64_t watch_bytes = 0;  // "watch N": kill above this (memory_watch.h); 0: a cgroup does it
  std::uint64_t processes = 0;  // "processes N"
  bool stay = false;  // "stay": the sandbox outlives its command
  std::vector<std::string> join;  // "join FILE": cgroup.procs files
  std::vector<std::pair<std::string, std::string>> binds;  // "bind SOURCE TARGET"
  std::vector<std::pair<std::string, std::string>> files;  // "file TARGET TEXT": instead of the host's file
  std::vector<std::string> command, environment;  // "arg WORD", "env NAME=value"
};

/// Reads the file to its end. A malformed spec ends the process.
Spec read_spec(int fd);

/// Reports "error STEP: what errno says" and ends the process.
[[noreturn]] void fail(const char* step, const std::string& detail = {});
/// The report alone.
void report_error(const std::string& step, const char* why);
void report(const char* word, long number);

/// Makes user `inside` stand for Brume's own, alone. In the new user namespace.
void map_own_user(std::uint32_t inside, std::uint32_t outer_uid, std::uint32_t outer_gid);
/// Maps what Spec::subordinate_uid asks for in the user namespace of `process`, from outside of it. Returns the program
/// that failed, or nullptr.
const char* map_subordinate_users(const Spec& spec, pid_t process);

/// Sets the network up and hands the listeners to Brume. In the new network namespace, if there is one.
void open_network(const Spec& spec);
/// Waits for the descriptor of the second spec; ends the process when none will come.
int receive_spec();

/// Makes the root folder of the sandbox and enters it. In the new mount namespace.
void build_root(const Spec& spec);

/// Removes what ended commands left. As the user whose it is, before the filter.
void remove_leftovers();

/// Puts the system call filter on this process, for good.
void load_filter();

}  // namespace brume::sandbox_launcher
