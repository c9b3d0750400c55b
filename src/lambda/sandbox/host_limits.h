// Which limits this host lets us put on a sandbox, found out once at start: cgroup v2, cgroup v1
// (one mount a controller), or neither.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace brume::lambda {

struct Limits {
  std::uint64_t memory_bytes = 128ull << 20;
  std::uint32_t cpu_millis = 72;     ///< thousandths of a core: the share under contention, once start-up is over
  std::uint32_t processes_max = 1024;  ///< processes and threads, as on AWS
};

/// How a limit is kept.
enum class LimitBy : std::uint8_t {
  cgroup_v2,
  cgroup_v1,
  watch,  ///< memory: the sandbox's first process adds it up and kills above the limit (memory_watch.h)
  rlimit,  ///< processes: RLIMIT_NPROC
  none,
};

/// What is done with a cgroup file system, and with /proc/self to find it. The kernel's; a test brings its own.
/// Thread-safe; what fails returns false (or -1) and sets errno.
class CgroupFiles {
 public:
  virtual ~CgroupFiles() = default;
  virtual std::string read(const std::string& path);  ///< "" when there is none
  virtual bool write(const std::string& path, std::string_view text);
  virtual bool make_folder(const std::string& path);
  virtual bool remove_folder(const std::string& path);
  virtual std::vector<std::string> subfolders(const std::string& path);
  virtual int open(const std::string& path);  ///< a descriptor to read from, and to write to if may be; the caller's
};

/// The cgroups of one sandbox. Not thread-safe; every call may block for a short time.
class LimitGroup {
 public:
  explicit LimitGroup(std::shared_ptr<CgroupFiles> files) : files_(std::move(files)) {}
  /// remove().
  ~LimitGroup();
  LimitGroup(const LimitGroup&) = delete;
  LimitGroup& operator=(const LimitGroup&) = delete;

  /// Files into which a process writes "0" to join.
  const std::vector<std::string>& join_files() const { return join_files_; }
  /// The most memory that was in use so far; 0 when the host can't tell. About 2 µs.
  std::uint64_t memory_peak_bytes() const;
  /// From now on memory_peak_bytes() tells of what comes, where the kernel can forget (of cgroup v2: since Linux 6.12).
  void forget_memory_peak();
  /// From now on the group has the share of Limits::cpu_millis; until then at least a whole core's.
  void end_cpu_boost();
  void begin_cpu_boost();  ///< that again, as at first
  /// Kills what is left inside and removes the folders; false when a process would not go (call again).
  bool remove();

 private:
  friend class HostLimits;
  std::shared_ptr<CgroupFiles> files_;
  std::vector<std::string> folders_;
  std::vector<std::string> join_files_;
  std::string cpu_file_, cpu_share_, cpu_boost_;  ///< where end_cpu_boost() and begin_cpu_boost() write what
  int peak_file_ = -1;
};

class HostLimits {
 public:
  /// Tries each controller, makes this process's own parent folder (brume-NAMESPACE-PID) in the usable ones, and
  /// removes those that a killed Brume left.
  static std::unique_ptr<HostLimits> detect(std::shared_ptr<CgroupFiles> files = std::make_shared<CgroupFiles>());
  /// Removes the parent folders; the sandboxes have ended.
  ~HostLimits();
  HostLimits(const HostLimits&) = delete;
  HostLimits& operator=(const HostLimits&) = delete;

  LimitBy memory() const { return memory_; }
  LimitBy cpu() const { return cpu_; }
  LimitBy processes() const { return processes_; }
  /// For the log: "memory=cgroup-v1 cpu=cgroup-v1 processes=cgroup-v1".
  std::string describe() const;

  /// Makes the cgroups of one sandbox; `name` is unique in this process. Thread-safe, blocks about 0.1 ms.
  /// Errors: std::system_error.
  std::unique_ptr<LimitGroup> create(std::string_view name, const Limits& limits) const;

 private:
  explicit HostLimits(std::shared_ptr<CgroupFiles> files) : files_(std::move(files)) {}
  std::string v2_parent_place(const std::string& own, std::string_view wanted);
  void detect_v2();
  void detect_v1();

  std::shared_ptr<CgroupFiles> files_;
  LimitBy memory_ = LimitBy::watch, cpu_ = LimitBy::none, processes_ = LimitBy::rlimit;
  std::string v2_;  ///< parent folder, empty: v2 not used
  std::string v1_memory_, v1_cpu_, v1_pids_;  ///< parent folders
  std::string v2_left_;  ///< the leaf this process was moved to, to be left at the end
};

}  // namespace brume::lambda
