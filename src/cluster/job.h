// Background work: begun again and again, or until it is done; under a lease, so that one node alone does it; resumed where
// a commit left it; stopped in order. The one mechanism for all of it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/task.h"
#include "cluster/leases.h"
#include "cluster/rests.h"
#include "store/store.h"

namespace brume::cluster {

/// Whose work it is.
enum class JobScope : std::uint8_t {
  cluster,  ///< happens once: under the lease of the job's name
  node,  ///< concerns what this node has in memory: each does its own
};

struct JobPlan {
  std::string name;  ///< of the lease and of the progress (keys.h)
  std::string about = {};  ///< what people call it: logged with failures
  JobScope scope = JobScope::cluster;
  std::chrono::milliseconds interval{1000};  ///< of repeated work: rest between a run's end and the next one's begin
};

/// One piece of background work, as the work itself sees it. On the home loop, but for what says otherwise.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(store::Store& store, JobPlan plan, LoopExecutor home);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const JobPlan& plan() const { return plan_; }
  /// Thread-safe. The work ends soon when it is true, with what is under way committed or not.
  bool stopping() const { return rests_.stopping(); }
  /// Shorter if the job is woken or told to stop.
  Task<> rest(std::chrono::milliseconds duration) { return rests_.rest(duration); }
  /// The next run begins at once, or right after the one under way. Thread-safe.
  void wake();

  /// Runs a transaction of the work as Store::run does: it commits only while this node holds the lease. Any loop. Errors:
  /// LeaseLost, and Store::run's.
  template <class F>
  Task<std::invoke_result_t<F&, store::Transaction&>> commit(store::LockKeys locks, F body);

  /// What set_progress() committed last, here or on the node that had the lease before; "" for nothing. Errors: StoreError.
  Task<std::string> progress();
  /// In a transaction of commit(). "" takes the record out.
  void set_progress(store::Transaction& transaction, std::string_view progress) const;

 private:
  friend class Jobs;

  store::Store& store_;
  const JobPlan plan_;
  const LoopExecutor home_;
  std::optional<Lease> lease_;
  bool again_ = false;  // woken since the run began
  Rests rests_;
  Completion<bool> ended_;
};

using JobPtr = std::shared_ptr<Job>;
using JobWork = std::function<Task<>(Job&)>;

/// The background work of one service. Thread-safe.
///
/// What a run throws is logged as "job_failed" with the job's name; the rests after it double, up to a minute, until a run
/// succeeds. A run that meets LeaseLost ends, and the job waits for the lease again. A node that does not hold the lease
/// asks for it every second.
class Jobs {
 public:
  /// The references outlive close(). `leases` are taken once the first job runs.
  Jobs(store::Store& store, Leases& leases) : store_(store), leases_(leases) {}
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// Jobs run on `home` from now on. Before the first one.
  void open(LoopExecutor home);

  /// Runs `work` again and again until close(). Null after it.
  JobPtr repeat(JobPlan plan, JobWork work);
  /// Runs `work` until it returns without having thrown, or close(). Work that ends because its job is stopping is taken up
  /// again by whoever begins the job anew. False, and nothing happens, after close() or before open().
  bool until_done(JobPlan plan, JobWork work);

  /// Whether close() was called.
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  /// Tells all jobs to stop, and returns when they have ended and given up their leases. May be called again.
  Task<> close();

 private:
  enum class Outcome : std::uint8_t { done, failed, busy_here, busy_elsewhere };

  JobPtr start(JobPlan plan, JobWork work, bool once);
  Task<> run(JobPtr job, JobWork work, bool once);
  Task<Outcome> run_once(JobPtr job, const JobWork& work);
  Task<Outcome> take_lease(JobPtr job);
  Task<> give_up_lease(JobPtr job);

  store::Store& store_;
  Leases& leases_;
  std::optional<LoopExecutor> home_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::set<JobPtr> jobs_;  // that have not ended
};

template <class F>
Task<std::invoke_result_t<F&, store::Transaction&>> Job::commit(store::LockKeys locks, F body) {
  if (!lease_) co_return co_await store_.run(std::move(locks), std::move(body));
  const Lease lease = *lease_;
  locks.push_back(lease.key);
  auto fenced = [&lease, &body](store::Transaction& transaction) {
    lease.check(transaction);
    return body(transaction);
  };
  co_return co_await store_.run(std::move(locks), fenced);
}

}  // namespace brume::cluster
