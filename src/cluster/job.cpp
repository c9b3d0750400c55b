#include "cluster/job.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "cluster/keys.h"

namespace brume::cluster {
namespace {

/// A store that refuses every write is asked, and told of in the log, ever less often.
constexpr std::chrono::milliseconds kPauseMin{1000}, kPauseMax = std::chrono::minutes(1);
constexpr std::chrono::milliseconds kAskHere{10};       // somebody in this process is about to end
constexpr std::chrono::milliseconds kAskElsewhere{1000};

void log_failure(const JobPlan& plan, std::string_view error) {
  log_error("job_failed", {{"job", plan.name}, {"about", plan.about}, {"error", error}});
}

}  // namespace

Job::Job(store::Store& store, JobPlan plan, LoopExecutor home) : store_(store), plan_(std::move(plan)), home_(home) {
  rests_.open(std::move(home));
}

void Job::wake() {
  asio::post(home_, [job = shared_from_this()] { job->again_ = true; });
  rests_.end();
}

Task<std::string> Job::progress() {
  std::string value;
  const bool found = co_await store_.get(progress_key(plan_.name), value);
  co_return found ? std::move(value) : std::string();
}

void Job::set_progress(store::Transaction& transaction, std::string_view progress) const {
  const std::string key = progress_key(plan_.name);
  if (progress.empty()) transaction.erase(key);
  else transaction.put(key, progress);
}

void Jobs::open(LoopExecutor home) {
  std::lock_guard lock(mutex_);
  home_ = std::move(home);
}

JobPtr Jobs::repeat(JobPlan plan, JobWork work) { return start(std::move(plan), std::move(work), false); }

bool Jobs::until_done(JobPlan plan, JobWork work) { return start(std::move(plan), std::move(work), true) != nullptr; }

JobPtr Jobs::start(JobPlan plan, JobWork work, bool once) {
  JobPtr job;
  {
    std::lock_guard lock(mutex_);
    if (!home_ || stopping_) return nullptr;
    job = std::make_shared<Job>(store_, std::move(plan), *home_);
    jobs_.insert(job);
  }
  spawn(job->home_, run(job, std::move(work), once));  // begins at once on the home loop itself: no lock may be held
  return job;
}

Task<> Jobs::run(JobPtr job, JobWork work, bool once) {
  const std::chrono::milliseconds interval = job->plan_.interval;
  std::chrono::milliseconds backoff = kPauseMin / 2;
  while (!job->stopping()) {
    job->again_ = false;
    const Outcome outcome = co_await run_once(job, work);
    if (once && outcome == Outcome::done) break;
    std::chrono::milliseconds pause = interval;
    if (outcome == Outcome::busy_here) pause = kAskHere;
    if (outcome == Outcome::busy_elsewhere) pause = kAskElsewhere;
    backoff = outcome == Outcome::failed ? std::min(2 * backoff, kPauseMax) : kPauseMin / 2;
    if (outcome == Outcome::failed) pause = once ? backoff : std::max(interval, backoff);
    // Being woken does not hurry a store that fails, nor whoever has the lease.
    if (!job->again_ || outcome != Outcome::done) co_await job->rest(pause);
  }
  co_await give_up_lease(job);
  {
    std::lock_guard lock(mutex_);
    jobs_.erase(job);
  }
  job->ended_.set(true);  // nothing of `this` from here on
}

Task<Jobs::Outcome> Jobs::run_once(JobPtr job, const JobWork& work) {
  if (job->plan_.scope == JobScope::cluster && !job->lease_) {
    const Outcome taken = co_await take_lease(job);
    if (taken != Outcome::done) co_return taken;
    if (job->stopping()) co_return Outcome::failed;
  }
  std::string failure, lost;
  try {
    co_await work(*job);
  } catch (const LeaseLost& error) {
    lost = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
    if (failure.empty()) failure = "of unknown kind";
  }
  if (!lost.empty()) {
    log_warn("job_taken_over", {{"job", job->plan_.name}, {"about", job->plan_.about}});
    leases_.forget(*job->lease_);
    job->lease_.reset();
    co_return Outcome::busy_elsewhere;
  }
  if (failure.empty()) co_return Outcome::done;
  log_failure(job->plan_, failure);
  co_return Outcome::failed;
}

Task<Jobs::Outcome> Jobs::take_lease(JobPtr job) {
  std::string failure;
  TakeResult taken;
  try {
    taken = co_await leases_.take(job->plan_.name);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    log_failure(job->plan_, failure);
    co_return Outcome::failed;
  }
  job->lease_ = std::move(taken.lease);
  if (job->lease_) co_return Outcome::done;
  co_return taken.failure == TakeFailure::held_here ? Outcome::busy_here : Outcome::busy_elsewhere;
}

Task<> Jobs::give_up_lease(JobPtr job) {
  if (!job->lease_) co_return;
  std::string failure;
  try {
    co_await leases_.give_up(*job->lease_);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  job->lease_.reset();
  // Whoever comes next waits until this node is gone, that is all.
  if (!failure.empty()) log_warn("job_lease_kept", {{"job", job->plan_.name}, {"error", failure}});
}

Task<> Jobs::close() {
  std::vector<JobPtr> jobs;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs.assign(jobs_.begin(), jobs_.end());
  }
  for (const JobPtr& job : jobs) job->rests_.stop();
  for (const JobPtr& job : jobs) co_await job->ended_.wait();
}

}  // namespace brume::cluster
