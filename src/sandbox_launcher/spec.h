// What brume-sandbox is told, and how it reports. Read and written by src/lambda/sandbox too: both sides
// are built together, so the format has no version.
//
// It is told in two steps, so that namespaces can be made before anybody knows for whom: first, on descriptor kSpecFd,
// what place to make ("userns", "uid", "netns", "listen"); then, on kControlFd, what to run in it. Each is a file of
// NUL-terminated words: a directive, then its arguments. On kStatusFd the program reports lines: "pid N" (the sandbox's
// first process), then "exit N" or "signal N" when the command has ended, or "error TEXT" when it never started.
// kControlFd is a Unix socket of messages (SOCK_SEQPACKET), one each way, of one byte: the sandbox sends its listeners
// (SCM_RIGHTS, in the order asked for) when the place is made; Brume sends the second file's descriptor. A sandbox whose
// control channel ends before that ends too.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace brume::sandbox_launcher {

inline constexpr int kTelemetryFd = 3;  // the only descriptor beyond 0, 1, 2 that the command gets
inline constexpr int kStatusFd = 4;
inline constexpr int kSpecFd = 5;
inline constexpr int kControlFd = 6;
inline constexpr std::size_t kListenersMax = 4;

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};

struct Spec {
  std::uint32_t uid = 0;  // "uid N": of the command on the host
  bool user_namespace = false;  // "userns": not root, so namespaces need a user namespace
  bool own_network = false;  // "netns": a network namespace with nothing but its loopback
  std::vector<Listen> listen;  // "listen ADDRESS PORT": port 0 takes a free one
  std::uint64_t tmp_bytes = 0;  // "tmp N": size of /tmp
  std::uint64_t watch_bytes = 0;  // "watch N": kill above this (memory_watch.h); 0: a cgroup does it
  std::uint64_t processes = 0;  // "processes N"
  std::vector<std::string> join;  // "join FILE": cgroup.procs files
  std::vector<std::pair<std::string, std::string>> binds;  // "bind SOURCE TARGET"
  std::vector<std::pair<std::string, std::string>> files;  // "file TARGET TEXT": instead of the host's file
  std::vector<std::string> command, environment;  // "arg WORD", "env NAME=value"
};

/// Reads the file to its end. A malformed spec ends the process.
Spec read_spec(int fd);

/// Reports "error STEP: what errno says" and ends the process.
[[noreturn]] void fail(const char* step, const std::string& detail = {});
void report(const char* word, long number);

/// Sets the network up and hands the listeners to Brume. In the new network namespace, if there is one.
void open_network(const Spec& spec);
/// Waits for the descriptor of the second spec; ends the process when none will come.
int receive_spec();

/// Makes the root folder of the sandbox and enters it. In the new mount namespace.
void build_root(const Spec& spec);

/// Puts the system call filter on this process, for good.
void load_filter();

}  // namespace brume::sandbox_launcher
