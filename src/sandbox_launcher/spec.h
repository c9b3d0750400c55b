// What brume-sandbox is told, and how it reports. Read and written by src/lambda/sandbox too: both sides
// are built together, so the format has no version.
//
// The spec is a file (descriptor kSpecFd) of NUL-terminated words: a directive, then its arguments. On
// kStatusFd the program reports lines: "pid N" (the sandbox's first process), then "exit N" or "signal N"
// when the command has ended, or "error TEXT" when it never started.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace brume::sandbox_launcher {

inline constexpr int kTelemetryFd = 3;  // the only descriptor beyond 0, 1, 2 that the command gets
inline constexpr int kStatusFd = 4;
inline constexpr int kSpecFd = 5;

struct Spec {
  std::uint32_t uid = 0;          // "uid N": of the command on the host
  bool user_namespace = false;    // "userns": not root, so namespaces need a user namespace
  std::uint64_t tmp_bytes = 0;    // "tmp N": size of /tmp
  std::uint64_t watch_bytes = 0;  // "watch N": kill above this resident memory; 0: a cgroup does it
  std::uint64_t processes = 0;    // "processes N"
  std::vector<std::string> join;  // "join FILE": cgroup.procs files
  std::vector<std::pair<std::string, std::string>> binds;  // "bind SOURCE TARGET"
  std::vector<std::string> command, environment;           // "arg WORD", "env NAME=value"
};

/// Reads kSpecFd to its end. A malformed spec ends the process.
Spec read_spec();

/// Reports "error STEP: what errno says" and ends the process.
[[noreturn]] void fail(const char* step, const std::string& detail = {});
void report(const char* word, long number);

/// Makes the root folder of the sandbox and enters it. In the new mount namespace.
void build_root(const Spec& spec);

/// Puts the system call filter on this process, for good.
void load_filter();

}  // namespace brume::sandbox_launcher
