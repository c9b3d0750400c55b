#include "lambda/environment/pool.h"

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"
#include "lambda/environment/pool_state.h"

namespace brume::lambda {

namespace {

// An invoke waits for one of its function's busy environments as long as another one took to start, and only
// then has one started. So a fast function serves many callers with few processes, and nobody waits more than
// twice as long as AWS, which starts at once, would make it wait (the rule of renting skis).
constexpr std::chrono::microseconds kPatienceMin{5'000}, kPatienceMax{100'000};

// One line tells of a shortage; the metric counts.
constexpr std::chrono::seconds kMemoryToldEvery{10};

// Values made outside the coroutines: GCC 12 mishandles some temporaries inside them.
InvokeFailed is_closing() { return {"the server is closing"}; }
InvokeFailed no_host(const InitFailure& failure) { return {failure.text}; }
InvokeThrottled no_memory() { return {InvokeThrottled::Reason::concurrent_invocation_limit_exceeded}; }
InvokeFailed never_fits(const FunctionSpec& function, std::uint64_t memory_max_mb) {
  return {"the function's MemorySize of " + std::to_string(function.memory_mb) + " MB is more than this server gives " +
          "all functions together (" + std::to_string(memory_max_mb) + " MB)"};
}
InitFailure died_at_once() { return {InitFailure::Kind::exited, {}, "Runtime.ExitError", {}}; }

Task<> invoke_there(std::shared_ptr<Environment> environment, InvokeRequest request, Completion<InvokeAnswer> done) {
  InvokeAnswer answer = co_await environment->invoke(std::move(request));
  done.set(std::move(answer));
}

Task<> answer_there(FailedStart failed, InvokeRequest request, Completion<InvokeAnswer> done) {
  done.set(failed.environment->answer_failed_init(request, failed.failure));
  co_return;
}

}  // namespace

EnvironmentPool::Impl::Impl(Loops& l, BlockingPool& b, const Clock& c, Random& r, LogSink& s, const Runtimes& rt,
                            SandboxHost& h, PoolOptions o)
    : loops(l), clock(c), options(std::move(o)), services{b, c, r, s, rt, h, *this} {
  starts_max = options.starts_max > 0 ? options.starts_max : 2 * std::max(std::thread::hardware_concurrency(), 1u);
}

Task<> EnvironmentPool::Impl::run(std::shared_ptr<const FunctionSpec> function, InvokeRequest request,
                                  Completion<InvokeResult> done) {
  const auto self = shared_from_this();
  const auto admitted = admit(*function);
  if (const auto* throttled = std::get_if<InvokeThrottled>(&admitted)) {
    done.set(*throttled);
    co_return;
  }
  Grant grant = co_await obtain(function);
  InvokeResult result = co_await run_granted(std::move(grant), std::move(request));
  leave(function->arn);
  if (auto* answer = std::get_if<InvokeAnswer>(&result)) answer->concurrency = std::get<Concurrency>(admitted);
  done.set(std::move(result));
}

Task<Grant> EnvironmentPool::Impl::obtain(std::shared_ptr<const FunctionSpec> function) {
  const LoopExecutor loop = co_await this_loop;
  Later later;
  WaiterPtr waiter;
  std::shared_ptr<Group> group;
  std::chrono::microseconds patience{0};
  Grant grant;
  {
    std::lock_guard lock(mutex);
    if (options.memory_max_mb > 0 && function->memory_mb > options.memory_max_mb) {
      ++refused;
      co_return never_fits(*function, options.memory_max_mb);
    }
    if (closing) co_return is_closing();
    group = group_of(function, later);
    grant = take_idle(*group, loop, later);
    if (grant.index() == 0) {
      waiter = std::make_shared<Waiter>(loop);
      if (group->live > 0) patience = group->patience;
      waiter->overdue = patience.count() == 0;
      group->waiting.push_back(waiter);
      plan_starts(group, later);
    }
  }
  carry_out(std::move(later));
  if (!waiter) co_return grant;
  if (patience.count() > 0) spawn(loop, nudge(group, waiter, patience));
  if (options.memory_max_mb > 0) spawn(loop, throttle_later(group, waiter));
  co_return co_await waiter->grant.wait();
}

Task<> EnvironmentPool::Impl::nudge(std::shared_ptr<Group> group, WaiterPtr waiter,
                                    std::chrono::microseconds patience) {
  const auto self = shared_from_this();
  co_await sleep_for(patience);
  Later later;
  {
    std::lock_guard lock(mutex);
    if (waiter->served) co_return;
    waiter->overdue = true;
    plan_starts(group, later);
  }
  carry_out(std::move(later));
}

/// Refuses an invoke that has waited for long and for which nothing starts because there is no memory.
Task<> EnvironmentPool::Impl::throttle_later(std::shared_ptr<Group> group, WaiterPtr waiter) {
  const auto self = shared_from_this();
  while (true) {
    co_await sleep_for(options.memory_wait);
    Later later;
    {
      std::lock_guard lock(mutex);
      if (waiter->served) co_return;
      if (group->starting == 0 && group->queued > 0 && !fits(*group)) {
        waiter->served = true;
        ++refused;
        std::erase(group->waiting, waiter);
        later.grants.emplace_back(waiter, no_memory());
        next_queued_start(later);
      }
    }
    const bool done = !later.grants.empty();
    if (done) tell_of_memory(*group->function);
    carry_out(std::move(later));
    if (done) co_return;
  }
}

void EnvironmentPool::Impl::tell_of_memory(const FunctionSpec& function) {
  std::uint64_t so_far = 0;
  {
    std::lock_guard lock(mutex);
    const auto now = std::chrono::steady_clock::now();
    if (memory_told && now - *memory_told < kMemoryToldEvery) return;
    memory_told = now;
    so_far = refused;
  }
  log_warn("functions_out_of_memory",
           {{"function", function.arn}, {"memory_max_mb", options.memory_max_mb}, {"refused", so_far}});
}

Task<InvokeResult> EnvironmentPool::Impl::run_granted(Grant grant, InvokeRequest request) {
  if (auto* throttled = std::get_if<InvokeThrottled>(&grant)) co_return *throttled;
  if (auto* failed = std::get_if<InvokeFailed>(&grant)) co_return std::move(*failed);
  Completion<InvokeAnswer> done;
  if (auto* started = std::get_if<FailedStart>(&grant)) {
    if (started->failure.kind == InitFailure::Kind::host) co_return no_host(started->failure);
    const LoopExecutor loop = started->environment->loop();
    spawn(loop, answer_there(std::move(*started), std::move(request), done));
  } else {
    const auto environment = std::get<std::shared_ptr<Environment>>(std::move(grant));
    const LoopExecutor loop = co_await this_loop;
    if (environment->loop() == loop) {
      InvokeAnswer answer = co_await environment->invoke(std::move(request));
      co_return answer;
    }
    spawn(environment->loop(), invoke_there(environment, std::move(request), done));
  }
  InvokeAnswer answer = co_await done.wait();
  co_return answer;
}

std::shared_ptr<Environment> EnvironmentPool::Impl::make_member(std::shared_ptr<Group> group, LoopExecutor loop) {
  EnvironmentSettings settings{options.endpoint_url, {}, options.adopt_endpoint};
  if (options.credentials) settings.credentials = options.credentials(*group->function);
  Member member;
  member.retire_at = clock.now() + options.age_max;
  // Its last invoke may run for its whole timeout, and needs them till the end.
  if (settings.credentials.expires != WallTime::max())
    member.retire_at = std::min(member.retire_at, settings.credentials.expires - group->function->timeout);
  auto environment = Environment::make(loop, services, group->function, std::move(settings));
  member.environment = environment;
  member.group = std::move(group);
  std::lock_guard lock(mutex);
  members.emplace(environment.get(), std::move(member));
  return environment;
}

/// As AWS does: when INIT takes too long it is started once more, now within the function's own time-out.
Task<std::optional<InitFailure>> EnvironmentPool::Impl::start_twice(std::shared_ptr<Group> group, LoopExecutor loop,
                                                                    std::shared_ptr<Environment>& environment) {
  environment = make_member(group, loop);
  std::optional<InitFailure> failure = co_await environment->start(options.init_timeout);
  if (!failure || failure->kind != InitFailure::Kind::timed_out) co_return failure;
  std::vector<std::weak_ptr<Environment>> first;
  first.push_back(environment);
  co_await wait_until_gone(std::move(first));  // its memory is the second one's
  environment = make_member(group, loop);
  failure = co_await environment->start(group->function->timeout);
  co_return failure;
}

Task<> EnvironmentPool::Impl::start_environment(std::shared_ptr<Group> group, LoopExecutor loop) {
  const auto self = shared_from_this();
  std::shared_ptr<Environment> environment;
  const SteadyTime begin = clock.monotonic();
  std::optional<InitFailure> failure = co_await start_twice(group, loop, environment);
  if (!failure && !environment->alive()) failure = died_at_once();
  Later later;
  std::shared_ptr<Timer> reaper;
  {
    std::lock_guard lock(mutex);
    --starting_all;
    --group->starting;
    hand_over_memory(environment.get(), *group, later);
    if (failure) {
      hand_failure(*group, environment, *failure, later);
    } else {
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock.monotonic() - begin);
      group->patience = std::clamp(took, kPatienceMin, kPatienceMax);
      ++group->live;
      place_idle(members.at(environment.get()), later, true);
    }
    next_queued_start(later);
    plan_starts(group, later);
    if (!reaper_timer && !closing) reaper = reaper_timer = std::make_shared<Timer>(loops.executor(0));
  }
  carry_out(std::move(later));
  if (reaper) spawn(loops.executor(0), reap_loop(reaper));
}

/// Ends what has been idle for too long.
Task<> EnvironmentPool::Impl::reap_loop(std::shared_ptr<Timer> timer) {
  const auto self = shared_from_this();
  const auto pause = std::clamp<std::chrono::steady_clock::duration>(
      options.idle_max / 4, std::chrono::milliseconds(250), std::chrono::seconds(30));
  while (true) {
    timer->expires_after(pause);
    boost::system::error_code error;
    co_await timer->async_wait(asio::redirect_error(use_task, error));
    Later later;
    {
      std::lock_guard lock(mutex);
      if (closing) break;
      const SteadyTime oldest = clock.monotonic() - options.idle_max;
      for (auto at = groups.begin(); at != groups.end();) {
        Group& group = *at->second;
        // The longest unused are at the front.
        auto keep =
            std::find_if(group.idle.begin(), group.idle.end(), [&](const auto& e) { return e->idle_since() > oldest; });
        later.end.insert(later.end.end(), group.idle.begin(), keep);
        group.idle.erase(group.idle.begin(), keep);
        std::erase_if(group.idle, [&](const auto& e) {
          const bool aged = clock.now() >= members.at(e.get()).retire_at;
          if (aged) later.end.push_back(e);
          return aged;
        });
        const bool unused = group.live == 0 && group.waiting.empty() && group.starting == 0 && group.queued == 0;
        at = unused ? groups.erase(at) : std::next(at);
      }
    }
    carry_out(std::move(later));
  }
  std::lock_guard lock(mutex);
  reaper_timer.reset();
}

std::vector<std::weak_ptr<Environment>> EnvironmentPool::Impl::retire(const std::string& arn,
                                                                      const std::string& version) {
  Later later;
  std::vector<std::weak_ptr<Environment>> environments;
  {
    std::lock_guard lock(mutex);
    const auto fits = [&](const FunctionSpec& f) { return f.arn == arn && (version.empty() || f.version == version); };
    for (auto at = groups.begin(); at != groups.end();) {
      if (!fits(*at->second->function)) {
        ++at;
        continue;
      }
      retire_group(*at->second, later);
      at = groups.erase(at);
    }
    for (const auto& [key, member] : members)
      if (fits(*member.environment->function())) environments.push_back(member.environment);
  }
  carry_out(std::move(later));
  return environments;
}

Task<> EnvironmentPool::Impl::wait_until_gone(std::vector<std::weak_ptr<Environment>> environments) {
  const auto self = shared_from_this();
  for (bool left = true; left;) {
    {
      std::lock_guard lock(mutex);
      std::erase_if(environments, [&](const auto& weak) {
        const auto environment = weak.lock();
        return !environment || !members.contains(environment.get());
      });
      left = !environments.empty();
    }
    if (left) co_await sleep_for(std::chrono::milliseconds(2));
  }
}

Task<> EnvironmentPool::Impl::close(std::chrono::milliseconds grace) {
  const auto self = shared_from_this();
  Later later;
  {
    std::lock_guard lock(mutex);
    closing = true;
    std::set<std::shared_ptr<Group>> all;
    for (const auto& [key, group] : groups) all.insert(group);
    for (const auto& [key, member] : members) {
      all.insert(member.group);
      later.end.push_back(member.environment);
    }
    for (const auto& group : all) {
      group->idle.clear();
      while (!group->waiting.empty()) later.grants.emplace_back(pop_waiter(*group), is_closing());
    }
    groups.clear();
    start_queue.clear();
    if (reaper_timer) asio::post(loops.executor(0), [timer = reaper_timer] { timer->cancel(); });
  }
  carry_out(std::move(later), grace);
  for (bool left = true; left;) {
    {
      std::lock_guard lock(mutex);
      left = !members.empty() || starting_all > 0 || in_flight_all > 0 || reaper_timer != nullptr;
    }
    if (left) co_await sleep_for(std::chrono::milliseconds(2));
  }
}

EnvironmentPool::EnvironmentPool(Loops& loops, BlockingPool& blocking, const Clock& clock, Random& random,
                                 LogSink& logs, const Runtimes& runtimes, SandboxHost& host, PoolOptions options)
    : impl_(std::make_shared<Impl>(loops, blocking, clock, random, logs, runtimes, host, std::move(options))) {}

EnvironmentPool::~EnvironmentPool() = default;

Task<InvokeResult> EnvironmentPool::invoke(std::shared_ptr<const FunctionSpec> function, InvokeRequest request) {
  // A coroutine of its own, so that cancelling the caller leaves neither the environment nor the counts behind.
  Completion<InvokeResult> done;
  const LoopExecutor loop = co_await this_loop;
  spawn(loop, impl_->run(std::move(function), std::move(request), done));
  InvokeResult result = co_await done.wait();
  co_return result;
}

void EnvironmentPool::retire(const std::string& arn, const std::string& version) { impl_->retire(arn, version); }

Task<> EnvironmentPool::retire_and_wait(std::string arn, std::string version) {
  co_await impl_->wait_until_gone(impl_->retire(arn, version));
}

Task<> EnvironmentPool::close(std::chrono::milliseconds grace) { co_await impl_->close(grace); }

PoolCounts EnvironmentPool::counts() const { return counts({}); }

PoolCounts EnvironmentPool::counts(const std::string& arn) const {
  std::lock_guard lock(impl_->mutex);
  PoolCounts counts;
  counts.memory_mb = impl_->memory_used_mb;
  counts.evicted = impl_->evicted;
  counts.refused = impl_->refused;
  std::set<const Group*> groups;
  for (const auto& [key, member] : impl_->members) {
    if (!arn.empty() && member.environment->function()->arn != arn) continue;
    groups.insert(member.group.get());
    switch (member.phase) {
      case Member::Phase::starting: ++counts.starting; break;
      case Member::Phase::idle: ++counts.idle; break;
      case Member::Phase::busy: ++counts.busy; break;
      case Member::Phase::dead: break;
    }
  }
  for (const Group* group : groups) counts.waiting += static_cast<std::uint32_t>(group->waiting.size());
  return counts;
}

}  // namespace brume::lambda
