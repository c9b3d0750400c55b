// One process tree in a sandbox of its own: user (unless root), pid, mount, ipc, uts and network namespaces, a
// root folder of read-only binds, no capabilities, a system call filter and limits. Started through the
// helper program `brume-sandbox`, so that no code of this multi-threaded process runs between fork and exec.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "base/unique_fd.h"
#include "lambda/sandbox/host_limits.h"
#include "lambda/sandbox/network.h"
#include "lambda/sandbox/prepared_sandbox.h"

namespace brume::lambda {

/// The sandbox could not be built or the program not started; what() says which step failed.
class SandboxError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SandboxSpec {
  std::vector<std::string> command;      ///< as seen inside; command[0] is an absolute path
  std::vector<std::string> environment;  ///< "NAME=value"; kRuntimeApiVariable is added
  std::vector<std::pair<std::string, std::string>>
      binds;  ///< host path → path inside, read-only, beyond the system's folders
  std::optional<FunctionNetwork> network;  ///< less than what the host gives; absent: that
  std::uint64_t ephemeral_bytes = 512ull << 20;  ///< size of /tmp
  bool stay = false;  ///< it outlives its program, which can be started again in it: Sandbox::wait_program
  Limits limits;
};

/// How the program ended.
struct ExitStatus {
  bool signaled = false;
  int value = 0;  ///< exit status, or the signal's number
  std::string start_error;  ///< not empty: the program never ran, because of this
  /// AWS's words: "exit status 1", "signal: killed".
  std::string describe() const;
};

/// What all sandboxes share: the helper program, the limits, the user ids.
class SandboxHost {
 public:
  /// Finds `brume-sandbox` beside the executable (or at `launcher`) and tries it once. Blocks some ms.
  /// Never fails: where this host forbids sandboxes, unusable() says why and every start throws that.
  explicit SandboxHost(NetworkOptions network = {}, std::string launcher = {});
  ~SandboxHost();
  SandboxHost(const SandboxHost&) = delete;
  SandboxHost& operator=(const SandboxHost&) = delete;

  const std::string& unusable() const { return unusable_; }  ///< empty: sandboxes work
  const HostLimits& limits() const { return *limits_; }
  /// Each sandbox has a user id of its own, and none of this process's groups: this process is root, or an ordinary user
  /// with subordinate ids. Else functions run as this process's user.
  bool own_users() const { return own_users_; }
  /// From now on so many sandboxes of network() are made ahead on `blocking`, whose threads outlive all sandboxes: a start then takes
  /// one that is ready. Once.
  void prepare_ahead(BlockingPool& blocking, std::size_t count);
  std::size_t prepared() const;  ///< how many of them are ready
  /// Why functions have less network than NetworkOptions asks for (`brume` for `open`); "" when they have not.
  const std::string& network_lack() const { return network_lack_; }
  /// What keeps sandboxes from being isolated from this host and from each other, in words; "" when nothing does.
  std::string isolation_gap() const;
  /// Whether functions run as this server's own user, with its groups.
  bool shares_users() const;
  FunctionNetwork network() const { return place_.network.mode; }
  /// For the log at start: "sandbox=namespaces users=own network=brume memory=cgroup-v1 …".
  std::string describe() const;

 private:
  friend class Sandbox;
  struct User {
    std::uint32_t slot, uid;
  };
  User take_user();
  void give_back_user(User user);
  std::string words_of(const SandboxSpec& spec, User user, const LimitGroup& group, const std::string& runtime_api,
                       FunctionNetwork network) const;
  FunctionNetwork network_for(const SandboxSpec& spec) const;
  std::unique_ptr<PreparedSandbox> take_prepared(FunctionNetwork network);
  void refill();
  void prepare_one();
  std::string probe();
  void use_subordinate_ids();
  std::string users_text() const;
  std::string why_shared() const;

  SandboxPlace place_;
  std::string unusable_, network_lack_;
  std::unique_ptr<HostLimits> limits_;
  bool own_users_ = false;
  mutable std::mutex mutex_;
  std::uint32_t user_base_ = 0, user_count_ = 0, user_next_ = 0, group_next_ = 0;
  std::vector<std::uint32_t> users_free_;

  BlockingPool* preparing_on_ = nullptr;  ///< this and what follows: guarded by mutex_
  std::size_t ready_wanted_ = 0, being_prepared_ = 0;
  bool closing_ = false;
  std::deque<std::unique_ptr<PreparedSandbox>> ready_;
  std::condition_variable prepared_;
};

/// A running sandbox. Made, used and destroyed on one loop.
class Sandbox {
 public:
  /// Builds it and starts the program; returns when that has been asked for (what goes wrong from then on
  /// shows in wait()). Errors: SandboxError. The kernel kills the sandbox when the thread of `blocking` that
  /// started it ends, which is how it dies with this process: `blocking` must outlive it.
  static Task<std::shared_ptr<Sandbox>> start(SandboxHost& host, BlockingPool& blocking, SandboxSpec spec);
  /// Kills what is left.
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// Returns when every process of the sandbox has ended and its cgroups are gone; needs no further descriptor, and
  /// throws nothing. A sandbox that the loop cannot watch is killed. One waiter; to be called
  /// exactly once, and the Sandbox must live until it has returned.
  Task<ExitStatus> wait();
  /// Its start-up is over: see LimitGroup::end_cpu_boost; and another sandbox may be prepared, which would have been in
  /// its way before. About 10 µs.
  void end_start_up() {
    if (group_) group_->end_cpu_boost();
    host_.refill();
  }
  /// Of a sandbox that stays: returns when the program has ended and every process it left has been killed; nullopt when
  /// the sandbox itself ended instead. One waiter; never at the same time as wait(), which is still to be called, after a
  /// kill() if this returned a status. Throws nothing. Needs no further descriptor.
  Task<std::optional<ExitStatus>> wait_program();
  /// Kills every process in a sandbox that stays; wait_program() returns soon.
  void end_program();
  /// Starts the program again, with the words and the variables it had, in a sandbox that stays: /tmp is as it was left;
  /// nothing else is left, and memory_peak_bytes() begins anew where the kernel can. After wait_program() has returned.
  void start_again();
  void terminate();  ///< SIGTERM to the program
  void kill();  ///< SIGKILL to every process inside; wait() returns soon

  /// Non-blocking read ends: standard output and error together, and the framed log channel
  /// (_LAMBDA_TELEMETRY_LOG_FD inside). Owned by the Sandbox until release_*.
  int release_output() { return std::exchange(output_, -1); }
  int release_telemetry() { return std::exchange(telemetry_, -1); }

  /// Sockets that listen inside, in a network namespace that nobody else can name (unless the host's is shared): the
  /// Runtime API's, and that of Brume's endpoint where NetworkOptions asks for one. For the caller to accept on.
  UniqueFd release_runtime_listener() { return std::move(runtime_listener_); }
  UniqueFd release_endpoint_listener() { return std::move(endpoint_listener_); }

  std::uint64_t memory_peak_bytes() const;  ///< see LimitGroup; falls back to the first process's own peak
  std::uint32_t uid() const { return user_.uid; }  ///< on the host
  int pid() const { return pid_; }  ///< of the namespace's first process, on the host

 private:
  friend class SandboxHost;  // its probe
  Sandbox(SandboxHost& host, BlockingPool& blocking) : host_(host), blocking_(blocking) {}
  void launch(const SandboxSpec& spec);
  void signal(int number);
  std::optional<ExitStatus> reported_end();

  SandboxHost& host_;
  BlockingPool& blocking_;
  SandboxHost::User user_{};
  bool has_user_ = false, reaped_ = false;
  std::unique_ptr<LimitGroup> group_;
  int pid_ = -1, pidfd_ = -1, output_ = -1, telemetry_ = -1, status_ = -1;
  std::string start_error_;
  UniqueFd runtime_listener_, endpoint_listener_;
  std::unique_ptr<OutsideNetwork> outside_;
};

/// Tells the command where its Runtime API is: "127.0.0.1:9001".
inline constexpr std::string_view kRuntimeApiVariable = "AWS_LAMBDA_RUNTIME_API";

/// File descriptor of the framed log channel inside the sandbox.
inline constexpr int kTelemetryFd = 3;

}  // namespace brume::lambda
