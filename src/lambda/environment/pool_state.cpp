// The pool's decisions: who gets which environment, and when another one starts. All with the lock held;
// what follows from them happens later, without it.
#include "lambda/environment/pool_state.h"

#include <algorithm>

namespace brume::lambda {

std::string group_key(const std::string& arn, const std::string& version) { return arn + '\n' + version; }

std::variant<Concurrency, InvokeThrottled> EnvironmentPool::Impl::admit(const FunctionSpec& function) {
  using Reason = InvokeThrottled::Reason;
  std::lock_guard lock(mutex);
  if (in_flight_all >= options.concurrency_max) return InvokeThrottled{Reason::concurrent_invocation_limit_exceeded};
  auto& own = in_flight[function.arn];
  if (function.reserved_concurrency && own >= *function.reserved_concurrency) {
    if (own == 0) in_flight.erase(function.arn);
    return InvokeThrottled{Reason::reserved_concurrent_invocation_limit_exceeded};
  }
  return Concurrency{++own, ++in_flight_all};
}

void EnvironmentPool::Impl::leave(const std::string& arn) {
  std::lock_guard lock(mutex);
  --in_flight_all;
  if (const auto at = in_flight.find(arn); at != in_flight.end() && --at->second == 0) in_flight.erase(at);
}

std::shared_ptr<Group> EnvironmentPool::Impl::group_of(const std::shared_ptr<const FunctionSpec>& function,
                                                       Later& later) {
  auto& group = groups[group_key(function->arn, function->version)];
  if (group && group->function->revision == function->revision) return group;
  if (group) retire_group(*group, later);
  group = std::make_shared<Group>(function);
  return group;
}

void EnvironmentPool::Impl::retire_group(Group& group, Later& later) {
  group.retired = true;
  for (auto& environment : group.idle) later.end.push_back(std::move(environment));
  group.idle.clear();
}

Grant EnvironmentPool::Impl::take_idle(Group& group, LoopExecutor near, Later& later) {
  while (!group.idle.empty()) {
    // The last used of those on the caller's own loop, which saves two hand-overs between threads; else of all.
    auto at = std::find_if(group.idle.rbegin(), group.idle.rend(), [&](const auto& e) { return e->loop() == near; });
    if (at == group.idle.rend()) at = group.idle.rbegin();
    std::shared_ptr<Environment> environment = std::move(*at);
    group.idle.erase(std::next(at).base());
    Member& member = members.at(environment.get());
    if (clock.now() < member.retire_at) {
      member.phase = Member::Phase::busy;
      return environment;
    }
    later.end.push_back(std::move(environment));
  }
  return {};
}

bool EnvironmentPool::Impl::fits(const Group& group) const {
  return options.memory_max_mb == 0 || memory_used_mb + group.function->memory_mb <= options.memory_max_mb;
}

/// Ends idle environments, the longest unused first, until a start of `group` will fit once they are gone. None, if
/// all of them were not enough.
void EnvironmentPool::Impl::make_room(const Group& group, Later& later) {
  std::uint64_t ending = 0, idle = 0;
  for (const auto& [key, member] : members) {
    if (member.evicted || member.phase == Member::Phase::dead) ending += member.memory_mb;
    else if (member.phase == Member::Phase::idle) idle += member.memory_mb;
  }
  const std::uint64_t wanted = memory_used_mb + group.function->memory_mb;
  if (wanted > options.memory_max_mb + ending + idle) return;
  while (wanted > options.memory_max_mb + ending) {
    Group* from = nullptr;
    for (const auto& [key, other] : groups)  // the longest unused of each is at its front
      if (!other->idle.empty() && (!from || other->idle.front()->idle_since() < from->idle.front()->idle_since()))
        from = other.get();
    if (!from) return;  // the rest is retired, and ends anyway
    const std::shared_ptr<Environment> environment = from->idle.front();
    from->idle.erase(from->idle.begin());
    Member& member = members.at(environment.get());
    member.evicted = true;
    ending += member.memory_mb;
    ++evicted;
    later.end.push_back(environment);
  }
}

/// The memory that a start of `group` held goes over to what came of it.
void EnvironmentPool::Impl::hand_over_memory(const Environment* environment, const Group& group, Later& later) {
  if (const auto at = members.find(environment); at != members.end()) {
    at->second.memory_mb = group.function->memory_mb;
    return;
  }
  memory_used_mb -= group.function->memory_mb;
  next_queued_start(later);
}

WaiterPtr EnvironmentPool::Impl::pop_waiter(Group& group) {
  WaiterPtr waiter = std::move(group.waiting.front());
  group.waiting.pop_front();
  waiter->served = true;
  return waiter;
}

void EnvironmentPool::Impl::place_idle(Member& member, Later& later, bool fresh) {
  Group& group = *member.group;
  const bool aged = !fresh && clock.now() >= member.retire_at;
  if (!group.waiting.empty() && !aged) {
    member.phase = Member::Phase::busy;
    later.grants.emplace_back(pop_waiter(group), member.environment);
    return;
  }
  member.phase = Member::Phase::idle;
  if (group.retired || closing || aged) {
    later.end.push_back(member.environment);
    return;
  }
  group.idle.push_back(member.environment);
  next_queued_start(later);  // who waits for memory may have this one's
}

void EnvironmentPool::Impl::hand_failure(Group& group, const std::shared_ptr<Environment>& environment,
                                         const InitFailure& failure, Later& later) {
  if (!group.waiting.empty()) later.grants.emplace_back(pop_waiter(group), FailedStart{environment, failure});
}

void EnvironmentPool::Impl::plan_starts(const std::shared_ptr<Group>& group, Later& later) {
  if (closing) return;
  const auto overdue =
      std::count_if(group->waiting.begin(), group->waiting.end(), [](const auto& w) { return w->overdue; });
  while (group->starting + group->queued < static_cast<std::uint32_t>(overdue)) {
    if (starting_all < starts_max && start_queue.empty() && fits(*group)) {
      begin_start(group, later);
    } else {
      ++group->queued;
      start_queue.push_back(group);
    }
  }
  next_queued_start(later);
}

void EnvironmentPool::Impl::begin_start(const std::shared_ptr<Group>& group, Later& later) {
  // On the loop of one who waits for it.
  const LoopExecutor loop = group->waiting[std::min<std::size_t>(group->starting, group->waiting.size() - 1)]->loop;
  ++group->starting;
  ++starting_all;
  memory_used_mb += group->function->memory_mb;
  later.start.emplace_back(group, loop);
}

void EnvironmentPool::Impl::next_queued_start(Later& later) {
  while (starting_all < starts_max && !start_queue.empty()) {
    const std::shared_ptr<Group> group = start_queue.front();
    // Those who wanted it may have been served by others meanwhile.
    const bool wanted = !closing && group->waiting.size() > group->starting;
    if (wanted && !fits(*group)) {
      make_room(*group, later);
      return;  // in turn: small functions do not pass a large one
    }
    start_queue.pop_front();
    --group->queued;
    if (wanted) begin_start(group, later);
  }
}

void EnvironmentPool::Impl::carry_out(Later later, std::chrono::milliseconds grace) {
  for (auto& [waiter, grant] : later.grants) waiter->grant.set(std::move(grant));
  for (auto& [group, loop] : later.start) spawn(loop, start_environment(group, loop));
  for (auto& environment : later.end) {
    const LoopExecutor loop = environment->loop();
    asio::post(loop, [environment = std::move(environment), grace] { environment->end(grace); });
  }
}

void EnvironmentPool::Impl::environment_idle(std::shared_ptr<Environment> environment) {
  Later later;
  {
    std::lock_guard lock(mutex);
    const auto at = members.find(environment.get());
    if (at == members.end() || at->second.phase != Member::Phase::busy) return;
    place_idle(at->second, later);
  }
  carry_out(std::move(later));
}

void EnvironmentPool::Impl::environment_dead(std::shared_ptr<Environment> environment) {
  Later later;
  {
    std::lock_guard lock(mutex);
    const auto at = members.find(environment.get());
    if (at == members.end()) return;
    Member& member = at->second;
    const std::shared_ptr<Group> group = member.group;
    if (member.phase == Member::Phase::idle) std::erase(group->idle, environment);
    if (member.phase == Member::Phase::idle || member.phase == Member::Phase::busy) --group->live;
    member.phase = Member::Phase::dead;
    if (group->live == 0)  // nobody is left who would serve them without a start
      for (auto& waiter : group->waiting) waiter->overdue = true;
    plan_starts(group, later);
  }
  carry_out(std::move(later));
}

void EnvironmentPool::Impl::environment_gone(Environment& environment) {
  Member last;  // destroyed after the lock
  Later later;
  {
    std::lock_guard lock(mutex);
    if (const auto at = members.find(&environment); at != members.end()) {
      last = std::move(at->second);
      members.erase(at);
      memory_used_mb -= last.memory_mb;
      next_queued_start(later);
    }
  }
  carry_out(std::move(later));
}

}  // namespace brume::lambda
