// The way out of a sandbox's network namespace: a slirp4netns process, which takes packets from an interface there and
// makes connections of its own of them, as an ordinary program of the host.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace brume::lambda {

struct OutsideOptions {
  std::string program;         ///< slirp4netns
  int namespace_pid = -1;      ///< a process in the namespace
  bool user_namespace = false; ///< the namespace belongs to that process's user namespace
  bool ipv6 = false;           ///< addresses by router advertisement, some milliseconds after it is ready
  bool host_loopback = false;  ///< kOutsideHost is this host's loopback; otherwise nobody
};

/// Addresses inside, slirp4netns's own defaults.
inline constexpr const char* kOutsideHost = "10.0.2.2";
inline constexpr const char* kOutsideNames = "10.0.2.3";  ///< answers DNS as the host's resolver does

/// Not thread-safe. The process ends when this goes or when Brume dies, however that comes.
class OutsideNetwork {
 public:
  /// Returns when the interface is there, at most a second later. Blocks. Errors: SandboxError.
  explicit OutsideNetwork(const OutsideOptions& options);
  ~OutsideNetwork();
  OutsideNetwork(const OutsideNetwork&) = delete;
  OutsideNetwork& operator=(const OutsideNetwork&) = delete;

  /// Whether it ended by itself: then nothing gets out any more.
  bool ended();

 private:
  void await_ready(int ready, int messages);
  void end();

  int pid_ = -1;
  UniqueFd alive_;  ///< the process ends when this does
};

}  // namespace brume::lambda
