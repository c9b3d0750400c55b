// What the pool knows, behind its one lock; private to pool.cpp and pool_state.cpp.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "lambda/environment/environment.h"
#include "lambda/environment/pool.h"

namespace brume::lambda {

/// What a waiting invoke gets: an environment that is its own for one invoke, an environment whose INIT
/// failed, or a refusal.
struct FailedStart {
  std::shared_ptr<Environment> environment;
  InitFailure failure;
};
using Grant = std::variant<std::monostate, std::shared_ptr<Environment>, FailedStart, InvokeFailed, InvokeThrottled>;

struct Waiter {
  explicit Waiter(LoopExecutor l) : loop(l) {}
  LoopExecutor loop;
  Completion<Grant> grant;
  /// Has waited long enough to be worth a new environment; see Group::patience.
  bool overdue = false;
  bool served = false;
};
using WaiterPtr = std::shared_ptr<Waiter>;

/// The environments of one (arn, version, revision).
struct Group {
  explicit Group(std::shared_ptr<const FunctionSpec> f) : function(std::move(f)) {}
  std::shared_ptr<const FunctionSpec> function;
  std::vector<std::shared_ptr<Environment>> idle;  ///< last used at the end
  std::deque<WaiterPtr> waiting;
  std::uint32_t starting = 0;   ///< in INIT
  std::uint32_t queued = 0;     ///< start wanted, waiting for its turn
  std::uint32_t live = 0;       ///< past INIT: idle, busy
  /// How long an invoke waits for a busy environment before another one starts: as long as the last start took.
  std::chrono::microseconds patience{5'000};
  bool retired = false;         ///< another revision came, or retire() was called: nothing new becomes idle
};

/// Where an environment of the pool stands. The pool holds each until it is gone.
struct Member {
  std::shared_ptr<Environment> environment;
  std::shared_ptr<Group> group;
  enum class Phase : std::uint8_t { starting, idle, busy, dead } phase = Phase::starting;
  WallTime retire_at = WallTime::max();  ///< takes no invoke from then on
  std::uint64_t memory_mb = 0;           ///< its part of memory_used_mb; 0 while its start holds that
  bool evicted = false;                  ///< ends to make room
};

struct EnvironmentPool::Impl final : EnvironmentOwner, std::enable_shared_from_this<EnvironmentPool::Impl> {
  Impl(Loops& l, BlockingPool& b, const Clock& c, Random& r, LogSink& s, const Runtimes& rt, SandboxHost& h,
       PoolOptions o);

  // EnvironmentOwner; on the environments' loops
  void environment_idle(std::shared_ptr<Environment> environment) override;
  void environment_dead(std::shared_ptr<Environment> environment) override;
  void environment_gone(Environment& environment) override;

  Task<> run(std::shared_ptr<const FunctionSpec> function, InvokeRequest request, Completion<InvokeResult> done);
  Task<Grant> obtain(std::shared_ptr<const FunctionSpec> function);
  Task<InvokeResult> run_granted(Grant grant, InvokeRequest request);
  Task<> start_environment(std::shared_ptr<Group> group, LoopExecutor loop);
  Task<std::optional<InitFailure>> start_twice(std::shared_ptr<Group> group, LoopExecutor loop,
                                               std::shared_ptr<Environment>& environment);
  std::shared_ptr<Environment> make_member(std::shared_ptr<Group> group, LoopExecutor loop);
  Task<> nudge(std::shared_ptr<Group> group, WaiterPtr waiter, std::chrono::microseconds patience);
  Task<> throttle_later(std::shared_ptr<Group> group, WaiterPtr waiter);
  void tell_of_memory(const FunctionSpec& function);  ///< to the log, at most every ten seconds
  Task<> reap_loop(std::shared_ptr<Timer> timer);
  Task<> close(std::chrono::milliseconds grace);
  Task<> wait_until_gone(std::vector<std::weak_ptr<Environment>> environments);
  std::vector<std::weak_ptr<Environment>> retire(const std::string& arn, const std::string& version);

  /// Refuses with the reason, or counts the invoke in.
  std::variant<Concurrency, InvokeThrottled> admit(const FunctionSpec& function);
  void leave(const std::string& arn);

  // With the lock held. What must happen without it is put into `Later`.
  struct Later {
    std::vector<std::shared_ptr<Environment>> end;
    std::vector<std::pair<std::shared_ptr<Group>, LoopExecutor>> start;
    std::vector<std::pair<WaiterPtr, Grant>> grants;
  };
  std::shared_ptr<Group> group_of(const std::shared_ptr<const FunctionSpec>& function, Later& later);
  void retire_group(Group& group, Later& later);
  void plan_starts(const std::shared_ptr<Group>& group, Later& later);
  void begin_start(const std::shared_ptr<Group>& group, Later& later);
  WaiterPtr pop_waiter(Group& group);
  void next_queued_start(Later& later);
  bool fits(const Group& group) const;
  void make_room(const Group& group, Later& later);
  void hand_over_memory(const Environment* environment, const Group& group, Later& later);
  Grant take_idle(Group& group, LoopExecutor near, Later& later);
  /// A fresh one serves once, however short its credentials last.
  void place_idle(Member& member, Later& later, bool fresh = false);
  void hand_failure(Group& group, const std::shared_ptr<Environment>& environment, const InitFailure& failure,
                    Later& later);
  /// Without the lock.
  void carry_out(Later later, std::chrono::milliseconds grace = std::chrono::milliseconds(0));

  Loops& loops;
  const Clock& clock;
  const PoolOptions options;
  EnvironmentServices services;

  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Group>> groups;  ///< by arn, version: the newest revision
  std::map<const Environment*, Member> members;
  std::map<std::string, std::uint32_t> in_flight;        ///< invokes by arn
  std::uint32_t in_flight_all = 0;
  std::uint32_t starting_all = 0;
  std::uint32_t starts_max = 0;
  std::uint64_t memory_used_mb = 0;                      ///< of members and of starts without one yet
  std::uint64_t evicted = 0;
  std::uint64_t refused = 0;                             ///< invokes, for want of memory
  std::optional<std::chrono::steady_clock::time_point> memory_told;
  std::deque<std::shared_ptr<Group>> start_queue;        ///< one entry for each start that waits for its turn
  bool closing = false;
  std::shared_ptr<Timer> reaper_timer;  ///< on loop 0, while the reaper runs
};

/// Groups are found by function and version; the separator can't be in either.
std::string group_key(const std::string& arn, const std::string& version);

}  // namespace brume::lambda
