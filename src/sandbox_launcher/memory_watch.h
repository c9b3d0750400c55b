// Keeps a sandbox's limit of memory on hosts where no cgroup does: its first process asks how much there is, ten times
// a second and oftener when it gets tight, and ends the others when it is too much. What can grow within a hundredth
// of a second, and what the kernel itself needs for sockets, threads and the like, is for a cgroup to bound.
#pragma once

#include <time.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sandbox_launcher/spec.h"

namespace brume::sandbox_launcher {

/// Counts, of all processes of the sandbox but the first: private memory and what is swapped of it, memory shared
/// between processes, memory files (memfd_create), System V segments, queues and semaphores, and all that lies in
/// /tmp, which is kept in memory. What several hold is counted once; pages of programs and libraries, which other
/// sandboxes share, are not.
class MemoryWatch {
 public:
  /// In the sandbox's root. `host_processes` is the host's /proc, opened before the sandbox left it, for hosts
  /// (containers mostly) that allow a sandbox no /proc of its own. Ends the process when neither can be read.
  MemoryWatch(const Spec& spec, int host_processes);

  bool on() const { return limit_ > 0; }
  bool exceeded();
  /// How long exceeded() need not be asked again.
  timespec pause() const { return pause_; }

 private:
  struct Files {
    std::uint64_t bytes = 0;
    std::set<std::uint64_t> memory_files;  // inodes of those among them that processes hold open
  };
  std::vector<std::string> processes() const;
  void add_descendants(const std::string& pid, std::vector<std::string>& out) const;
  Files files(const std::vector<std::string>& processes) const;
  bool add_exact(const std::string& pid, const Files& counted, std::uint64_t& sum) const;

  std::uint64_t limit_;
  int processes_;
  std::string self_;  // this process's number in the host's /proc; empty: processes_ is the sandbox's own
  std::uint64_t memory_device_ = 0;  // of memory files and shared memory without a name
  timespec pause_{0, 100'000'000};
};

}  // namespace brume::sandbox_launcher
