#include "observe/log_store.h"

#include <deque>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"
#include "observe/daily_quota.h"
#include "observe/logs/write.h"

namespace brume::observe {
namespace {

// Of one commit: large enough to share its cost, small enough not to hold the latches of the groups for long.
constexpr std::size_t kCommitBytesMax = 1024 * 1024;
constexpr std::size_t kCommitPartsMax = 1000;  // well below CommitNumbers::kIdsMax
constexpr std::size_t kMessageMax = 1024 * 1024;
constexpr std::chrono::seconds kTellEvery{10};

/// Events of one stream, in the order of their coming.
struct Part {
  GroupName group;
  std::string stream;
  std::vector<LogEvent> events;
  std::size_t bytes = 0;
};

std::size_t bytes_of(const LogEvent& event) { return event.message.size() + sizeof(LogEvent); }

void write_parts(store::Transaction& transaction, const std::vector<Part>& parts, std::int64_t now_millis,
                 std::optional<std::int64_t> retention_days) {
  std::map<GroupName, std::map<std::string_view, StreamEvents>> groups;
  for (const Part& part : parts) {
    StreamEvents& stream = groups[part.group][part.stream];
    stream.stream = part.stream;
    for (const LogEvent& event : part.events) stream.events.push_back(&event);
  }
  CommitNumbers numbers(transaction);
  for (auto& [name, streams] : groups) {
    std::optional<GroupRecord> group = find_group(transaction, name);
    if (!group) {
      GroupRecord fresh;
      fresh.created = now_millis;
      fresh.retention_days = retention_days;
      group = create_group(transaction, numbers, name, std::move(fresh));
    }
    std::vector<StreamEvents> list;
    for (auto& [stream_name, events] : streams) list.push_back(std::move(events));
    write_events(transaction, numbers, group->id, list, true, now_millis);
  }
}

/// As the log tells it: names of groups have no blanks.
std::string quota_name(const GroupName& group) { return group.account + " " + group.region + " " + group.name; }

}  // namespace

struct LogStore::State : std::enable_shared_from_this<State> {
  State(store::Store& s, LoopExecutor l, const Clock& c, LogStoreOptions o)
      : store(s),
        loop(std::move(l)),
        clock(c),
        options(o),
        quota(clock, options.group_bytes_per_day, "log_group_quota_used_up"),
        wake(loop) {}

  store::Store& store;
  LoopExecutor loop;
  const Clock& clock;
  const LogStoreOptions options;
  DailyQuota quota;
  Timer wake;  // touched on `loop` alone

  std::mutex mutex;  // for all that follows; held for moments
  std::deque<Part> pending;
  std::size_t pending_bytes = 0;  // with what is being committed
  std::uint64_t parts_taken = 0;  // appended since the start
  std::uint64_t parts_done = 0;   // of them, committed or given up
  bool working = false;           // a work() is under way
  bool urgent = false;            // somebody waits in flush()
  bool closed = false;
  std::uint64_t dropped_untold = 0;
  SteadyTime told{};              // when the last warning was logged
  bool ever_told = false;
  struct Waiter {
    std::uint64_t parts;
    Completion<bool> done;
  };
  std::vector<Waiter> waiters;

  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> dropped_bytes{0};

  bool space_is_short() const { return options.space && options.space->level() >= store::SpaceLevel::low; }

  void start_working() { spawn(loop, work(shared_from_this())); }

  static Task<> work(std::shared_ptr<State> self) {
    co_await self->wait_for_more();
    while (true) {
      std::vector<Part> parts = self->take();
      if (parts.empty()) co_return;
      std::string error;
      try {
        co_await self->commit(parts);
      } catch (const std::exception& e) {
        error = e.what();
      }
      if (!error.empty()) self->give_up(parts, error);
      self->finish(parts);
    }
  }

  Task<> wait_for_more() {
    {
      std::lock_guard lock(mutex);
      if (urgent) co_return;
    }
    wake.expires_after(options.commit_delay);
    try {
      co_await wake.async_wait(use_task);
    } catch (const boost::system::system_error&) {
      // somebody waits in flush()
    }
  }

  std::vector<Part> take() {
    std::vector<Part> parts;
    std::lock_guard lock(mutex);
    std::size_t bytes = 0;
    while (!pending.empty() && parts.size() < kCommitPartsMax &&
           (parts.empty() || bytes + pending.front().bytes <= kCommitBytesMax)) {
      bytes += pending.front().bytes;
      parts.push_back(std::move(pending.front()));
      pending.pop_front();
    }
    if (parts.empty()) working = urgent = false;
    return parts;
  }

  Task<> commit(const std::vector<Part>& parts) {
    store::LockKeys locks;
    for (const Part& part : parts) {
      std::string key = group_key(part.group);
      if (std::find(locks.begin(), locks.end(), key) == locks.end()) locks.push_back(std::move(key));
    }
    const std::int64_t now = unix_millis(clock.now());
    auto body = [&](store::Transaction& transaction) { write_parts(transaction, parts, now, options.retention_days); };
    co_await store.run(std::move(locks), body);
  }

  void give_up(const std::vector<Part>& parts, const std::string& error) {
    std::uint64_t events = 0, bytes = 0;
    for (const Part& part : parts) {
      events += part.events.size();
      bytes += part.bytes;
    }
    drop(events, bytes, error);
  }

  void drop(std::uint64_t events, std::uint64_t bytes, std::string_view reason) {
    dropped += events;
    dropped_bytes += bytes;
    std::uint64_t untold = 0;
    {
      std::lock_guard lock(mutex);
      dropped_untold += events;
      const SteadyTime now = clock.monotonic();
      if (ever_told && now - told < kTellEvery) return;
      ever_told = true;
      told = now;
      untold = std::exchange(dropped_untold, 0);
    }
    log_warn("log_events_dropped", {{"events", untold}, {"total", dropped.load()}, {"reason", reason}});
  }

  void finish(const std::vector<Part>& parts) {
    std::vector<Waiter> ready;
    {
      std::lock_guard lock(mutex);
      parts_done += parts.size();
      for (const Part& part : parts) pending_bytes -= part.bytes;
      const auto waits = [&](const Waiter& waiter) { return waiter.parts > parts_done; };
      const auto first_ready = std::stable_partition(waiters.begin(), waiters.end(), waits);
      ready.assign(std::make_move_iterator(first_ready), std::make_move_iterator(waiters.end()));
      waiters.erase(first_ready, waiters.end());
    }
    for (const Waiter& waiter : ready) waiter.done.set(true);
  }

  /// True if `part` has been queued; sets `start` if work() is to be started.
  bool queue(Part&& part, bool& start) {
    std::lock_guard lock(mutex);
    if (closed || pending_bytes + part.bytes > options.pending_bytes_max) return false;
    pending_bytes += part.bytes;
    ++parts_taken;
    pending.push_back(std::move(part));
    if (!working) start = working = true;
    return true;
  }

  void append(Part&& part) {
    const std::size_t events = part.events.size(), bytes = part.bytes;
    if (space_is_short()) return drop(events, bytes, "disk space is short");
    if (!quota.take(quota_name(part.group), bytes))
      return drop(events, bytes, "the group's quota of the day is used up");
    bool start = false;
    if (!queue(std::move(part), start)) drop(events, bytes, "the queue is full or closed");
    if (start) start_working();
  }
};

LogStore::LogStore(store::Store& store, LoopExecutor loop, const Clock& clock, LogStoreOptions options)
    : state_(std::make_shared<State>(store, std::move(loop), clock, options)) {}
LogStore::~LogStore() = default;

void LogStore::append(std::string account, std::string region, std::string group, std::string stream,
                      std::vector<LogEvent> events) {
  Part part{{std::move(account), std::move(region), std::move(group)}, std::move(stream), {}, 0};
  for (LogEvent& event : events) {
    if (event.message.size() > kMessageMax) event.message.resize(kMessageMax);
    event.message = event.message.empty() ? std::string("\n") : to_valid_utf8(std::move(event.message));
    const std::size_t bytes = bytes_of(event);
    if (!part.events.empty() && part.bytes + bytes > kCommitBytesMax) {
      Part full{part.group, part.stream, std::exchange(part.events, {}), std::exchange(part.bytes, 0)};
      state_->append(std::move(full));
    }
    part.bytes += bytes;
    part.events.push_back(std::move(event));
  }
  if (!part.events.empty()) state_->append(std::move(part));
}

Task<> LogStore::flush() {
  auto state = state_;
  Completion<bool> done;
  bool waits = false;
  {
    std::lock_guard lock(state->mutex);
    waits = state->parts_done < state->parts_taken;
    if (waits) {
      state->urgent = true;
      state->waiters.push_back({state->parts_taken, done});
    }
  }
  if (!waits) co_return;
  asio::post(state->loop, [state] { state->wake.cancel(); });
  co_await done.wait();
}

Task<> LogStore::close() {
  {
    std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }
  co_await flush();
}

bool LogStore::take_quota(const std::string& account, const std::string& region, const std::string& group,
                          std::uint64_t bytes) {
  if (state_->space_is_short())
    throw Unavailable("The disk of the server is getting full: no log events are taken until there is room again.");
  return state_->quota.take(quota_name({account, region, group}), bytes);
}

std::uint64_t LogStore::dropped() const { return state_->dropped.load(); }
std::uint64_t LogStore::dropped_bytes() const { return state_->dropped_bytes.load(); }

}  // namespace brume::observe
