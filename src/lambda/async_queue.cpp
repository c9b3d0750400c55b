#include "lambda/async_queue.h"

#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <deque>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/log.h"
#include "lambda/async_records.h"
#include "lambda/keys.h"

namespace brume::lambda {
namespace {

constexpr std::uint32_t kRetriesMax = 2;
constexpr std::chrono::milliseconds kAgeMax = std::chrono::hours(6);
constexpr std::chrono::milliseconds kDelayMax = std::chrono::minutes(5);
constexpr std::uint32_t kInterruptionsMax = 5;
constexpr std::uint64_t kNever = kNeverDue;
constexpr std::size_t kMovedMax = 100;  // of a former version's records in one read

/// The invokes of one function.
struct Line {
  /// Every record before this key is in `taken`: looks start here, past what was run and erased.
  std::string from;
  std::uint64_t next_due = kNever;  ///< of the first record not taken; kNever if there is none
  std::set<std::string> taken;  ///< keys of what runs, or has an outcome to be recorded
};
using Lines = std::map<FunctionId, Line>;

/// A second, and twice that each time.
std::chrono::milliseconds doubled(std::uint32_t times) {
  return std::min(std::chrono::milliseconds(1000LL << std::min(times, 10u)), kDelayMax);
}

void warn(std::string_view event, const AsyncInvoke& invoke, std::string_view reason) {
  log_warn(event, {{"function", invoke.function.arn()}, {"request_id", invoke.request_id}, {"reason", reason}});
}

/// Written by the queue's loop alone, read by any thread.
class Count {
 public:
  void add(std::int64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(static_cast<std::int64_t>(n), std::memory_order_relaxed); }
  std::uint64_t get() const { return static_cast<std::uint64_t>(value_.load(std::memory_order_relaxed)); }

 private:
  std::atomic<std::int64_t> value_{0};
};

bool succeeded(const InvokeResult& result) {
  const auto* answer = std::get_if<InvokeAnswer>(&result);
  return answer && answer->error == FunctionError::none;
}

}  // namespace

// Touched on `loop` alone, but for accept(), which posts there, and the counts.
struct AsyncQueue::State : std::enable_shared_from_this<State> {
  State(store::Store& s, LoopExecutor l, const Clock& c, Run r, AsyncQueueOptions o)
      : store(s), loop(std::move(l)), clock(c), run(std::move(r)), options(o), wake(loop) {}

  store::Store& store;
  LoopExecutor loop;
  const Clock& clock;
  Run run;
  const AsyncQueueOptions options;
  Timer wake;
  Lines lines;
  std::deque<FunctionId> turns;  ///< every line once, the next to be looked at first
  std::size_t running = 0;
  std::size_t unrecorded = 0;
  struct {
    Count queued, oldest_due, running, unrecorded, attempts, expired, exhausted, gone, set_aside;
  } seen;
  std::set<std::shared_ptr<Timer>> pauses;  ///< of those who wait to offer an outcome again
  bool woken = false;  ///< since the last look
  bool closing = false;
  bool dispatching = false;
  bool found = false;  ///< what an earlier run left
  Completion<bool> closed;

  std::uint64_t now() const { return static_cast<std::uint64_t>(unix_millis(clock.now())); }

  void wake_up() {
    woken = true;
    wake.cancel();
  }

  Task<> wait(std::chrono::milliseconds most) {
    if (woken || closing) co_return;
    wake.expires_after(most);
    boost::system::error_code cancelled;
    co_await wake.async_wait(asio::redirect_error(use_task, cancelled));
  }

  Task<> dispatch() {
    auto self = shared_from_this();
    std::chrono::milliseconds pause = options.look_interval;
    while (!closing) {
      woken = false;
      bool failed = false;
      try {
        if (!found) co_await find();
        co_await start_due();
      } catch (const std::exception& error) {
        failed = true;
        log_error("async_queue", {{"error", error.what()}});
      }
      if (closing) break;
      pause = failed ? std::clamp(pause * 2, options.backoff_min, options.backoff_max) : options.look_interval;
      if (failed) woken = false;  // what is accepted meanwhile does not hurry a store that fails
      co_await wait(pause);
    }
    dispatching = false;
    finish_if_idle();
  }

  static Task<> open(std::shared_ptr<State> self, Completion<bool> done) {
    try {
      co_await self->find();
    } catch (const std::exception& error) {
      log_error("async_queue", {{"error", error.what()}});  // dispatch() tries again
    }
    self->dispatching = true;
    spawn(self->loop, self->dispatch());
    done.set(true);
  }

  /// What an earlier run left.
  Task<> find() {
    while (true) {
      auto read = [](store::Reader& reader) { return read_entries(reader, former_async_records(), kMovedMax); };
      AsyncEntries former = co_await store.read(read);
      if (former.empty()) break;
      for (auto& entry : former) co_await move_former(std::move(entry));
    }
    co_await count_interruptions();
    Backlog left = co_await store.read(find_backlog);
    seen.queued.set(left.records);
    for (auto& entry : left.strange) co_await set_aside(std::move(entry));
    for (const auto& [function, due] : left.functions) {
      Line& line = line_of(function);
      line.next_due = std::min(line.next_due, due);
    }
    note_oldest();
    found = true;
  }

  /// The attempts that an earlier run started and did not finish. Who was under way may be what ended it, and waits longer
  /// each time.
  Task<> count_interruptions() {
    while (true) {
      auto read = [](store::Reader& reader) { return read_entries(reader, started_async_records(), kMovedMax); };
      const AsyncEntries marks = co_await store.read(read);
      if (marks.empty()) co_return;
      for (const auto& mark : marks) {
        const std::string key = async_key_of_started(mark.key);
        const std::uint64_t time = now();
        auto body = [&](store::Transaction& transaction) { count_interruption(transaction, mark.key, key, time); };
        co_await store.run(store::lock_on(key), body);
      }
    }
  }

  static void count_interruption(store::Transaction& transaction, const std::string& mark, std::string key,
                                 std::uint64_t now) {
    transaction.erase(mark);
    std::string value;
    if (!transaction.get(key, value)) return;
    AsyncInvoke invoke;
    try {
      invoke = AsyncInvoke::parse(value);
    } catch (const store::StoreError&) {
      return;  // set aside when its turn comes
    }
    if (++invoke.interruptions > 1) {
      transaction.erase(key);
      const auto delay = doubled(invoke.interruptions - 2);
      key = async_key(invoke.function, now + static_cast<std::uint64_t>(delay.count()), invoke.request_id);
    }
    transaction.put(key, invoke.serialize());
    transaction.use_reserve();
  }

  Task<> move_former(AsyncEntry entry) {
    std::optional<AsyncInvoke> invoke = readable(entry);
    if (!invoke || entry.key.size() < 10) {
      co_await set_aside(std::move(entry));
      co_return;
    }
    const auto due = read_big_endian<std::uint64_t>(entry.key.data() + 2);
    const std::string key = async_key(invoke->function, due, invoke->request_id);
    auto body = [&](store::Transaction& transaction) {
      transaction.erase(entry.key);
      transaction.put(key, entry.value);
      transaction.use_reserve();
    };
    co_await store.run(store::lock_on(entry.key), body);
  }

  static std::optional<AsyncInvoke> readable(const AsyncEntry& entry) {
    try {
      return AsyncInvoke::parse(entry.value);
    } catch (const store::StoreError& error) {
      log_error("async_invoke_set_aside", {{"error", error.what()}});
      return std::nullopt;
    }
  }

  Task<> set_aside(AsyncEntry entry) {
    auto body = [&](store::Transaction& transaction) {
      erase_started(transaction, entry.key);
      transaction.put(quarantine_key(entry.key), entry.value);
      transaction.use_reserve();
    };
    co_await store.run(store::lock_on(entry.key), body);
    seen.set_aside.add(1);
    seen.queued.add(-1);
  }

  static void erase_started(store::Transaction& transaction, const std::string& key) {
    transaction.erase(key);
    transaction.erase(started_async_key(key));
  }

  Line& line_of(const FunctionId& function) {
    const auto [at, made] = lines.try_emplace(function);
    if (made) {
      at->second.from = async_records_of(function).begin;
      turns.push_back(function);
    }
    return at->second;
  }

  /// A record was written under `key`.
  void added(const FunctionId& function, const std::string& key, std::uint64_t due) {
    Line& line = line_of(function);
    line.from = std::min(line.from, key);
    line.next_due = std::min(line.next_due, due);
    seen.oldest_due.set(std::min(seen.oldest_due.get(), due));
  }

  void note_oldest() {
    std::uint64_t oldest = kNever;
    for (const auto& [function, line] : lines) oldest = std::min(oldest, line.next_due);
    seen.oldest_due.set(oldest);
  }

  /// Looks once at each line that may have something due.
  Task<> start_due() {
    co_await look_at_lines();
    note_oldest();
  }

  Task<> look_at_lines() {
    for (std::size_t left = turns.size(); left > 0; --left) {
      // While outcomes cannot be recorded, more of them would only be more to run twice after a restart.
      if (closing || unrecorded > 0 || running >= options.running_max) co_return;
      const FunctionId function = turns.front();
      turns.pop_front();
      Line& line = lines.at(function);
      if (line.next_due == kNever && line.taken.empty()) {
        lines.erase(function);
        continue;
      }
      turns.push_back(function);
      if (line.next_due > now() || line.taken.size() >= options.running_max - running) continue;
      co_await start_of(function, line);
    }
  }

  /// Lines stay where they are while others are added; only look_at_lines(), which awaits this, removes any.
  Task<> start_of(const FunctionId& function, Line& line) {
    const std::size_t free = options.running_max - running;
    const std::size_t room = (free - line.taken.size() + 1) / 2;  // so that it never holds more than are left
    const store::Range range{line.from, async_records_of(function).end};
    const std::uint64_t limit = now();
    const std::uint64_t former_due = std::exchange(line.next_due, kNever);
    line.from = range.end;  // what is added during the look lowers both again
    DueInvokes seen_due;
    try {
      const auto taken = line.taken;
      auto body = [&](store::Reader& reader) { return find_due(reader, range, taken, limit, room); };
      seen_due = co_await store.read(body);
      co_await mark_started(seen_due.due);
    } catch (...) {
      line.from = range.begin;
      line.next_due = std::min(line.next_due, former_due);
      throw;
    }
    line.from = std::min(line.from, seen_due.from);
    line.next_due = std::min(line.next_due, seen_due.next_due);
    for (auto& entry : seen_due.due) {
      // Not twice, should it have ended and been added again during the look.
      if (!line.taken.insert(entry.key).second) continue;
      note_running(1);
      spawn(loop, work(shared_from_this(), function, std::move(entry)));
    }
  }

  /// Before they run, so that the next server knows what was under way if this one dies; all in one commit.
  Task<> mark_started(const AsyncEntries& entries) {
    if (entries.empty()) co_return;
    store::LockKeys locks;
    for (const auto& entry : entries) locks.push_back(entry.key);
    auto body = [&](store::Transaction& transaction) {
      for (const auto& entry : entries) transaction.put(started_async_key(entry.key), {});
    };
    co_await store.run(std::move(locks), body);
  }

  /// A stop is no end of the server that an invoke could have caused.
  Task<> unmark(const std::string& key) {
    auto body = [&](store::Transaction& transaction) {
      transaction.erase(started_async_key(key));
      transaction.use_reserve();
    };
    try {
      co_await store.run(store::lock_on(key), body);
    } catch (const std::exception& error) {
      log_warn("async_invoke_unmarked", {{"error", error.what()}});
    }
  }

  void note_running(int change) {
    running += static_cast<std::size_t>(change);
    seen.running.set(running);
  }
  void note_unrecorded(int change) {
    unrecorded += static_cast<std::size_t>(change);
    seen.unrecorded.set(unrecorded);
  }

  static Task<> work(std::shared_ptr<State> self, FunctionId function, AsyncEntry entry) {
    std::optional<AsyncInvoke> invoke = readable(entry);
    if (invoke && invoke->function != function) invoke.reset();
    if (invoke && invoke->interruptions > kInterruptionsMax && self->age_of(*invoke) >= kAgeMax) {
      warn("async_invoke_set_aside", *invoke, "InterruptedTooOften");
      invoke.reset();
    }
    std::string next;
    std::uint64_t due = kNever;
    bool cut_short = false;  // by the stop: it stays queued as it is
    if (invoke) {
      std::optional<InvokeResult> result;
      std::string failure;
      self->seen.attempts.add(1);
      try {
        result = co_await self->run(*invoke);
      } catch (const std::exception& error) {
        failure = error.what();
      }
      if (!failure.empty()) {
        log_error("async_invoke", {{"function", function.arn()}, {"error", failure}});
        result.emplace(InvokeFailed{std::move(failure)});
      }
      cut_short = self->closing && result && !succeeded(*result);
      if (const auto delay = cut_short ? std::nullopt : self->retry_after(*invoke, result)) {
        due = self->now() + static_cast<std::uint64_t>(delay->count());
        next = async_key(function, due, invoke->request_id);
      }
    }
    bool recorded = false;
    if (cut_short) co_await self->unmark(entry.key);
    else recorded = co_await self->record(entry, invoke, next);
    self->note_running(-1);
    Line& line = self->lines.at(function);  // as long as it has taken something
    line.taken.erase(entry.key);
    if (recorded && !next.empty()) self->added(function, next, due);
    if (self->closing) self->finish_if_idle();
    else self->wake_up();
  }

  Task<> record_once(const AsyncEntry& entry, const std::optional<AsyncInvoke>& invoke, const std::string& next) {
    if (!invoke) {
      co_await set_aside(entry);
      co_return;
    }
    auto body = [&](store::Transaction& transaction) {
      erase_started(transaction, entry.key);
      transaction.use_reserve();  // it replaces what is there; unrecorded it would run again
      if (!next.empty()) transaction.put(next, invoke->serialize());
    };
    co_await store.run(store::lock_on(entry.key), body);
    if (next.empty()) seen.queued.add(-1);
  }

  /// Offers the outcome until the store takes it; false if the queue closes before.
  Task<bool> record(const AsyncEntry& entry, const std::optional<AsyncInvoke>& invoke, const std::string& next) {
    bool counted = false, recorded = false;
    for (auto pause = options.backoff_min;; pause = std::min(pause * 2, options.backoff_max)) {
      try {
        co_await record_once(entry, invoke, next);
        recorded = true;
      } catch (const std::exception& error) {
        log_error("async_invoke_unrecorded",
                  {{"request_id", invoke ? invoke->request_id : std::string()}, {"error", error.what()}});
      }
      if (recorded || closing) break;
      if (!std::exchange(counted, true)) note_unrecorded(1);
      const auto timer = std::make_shared<Timer>(loop, pause);
      pauses.insert(timer);
      boost::system::error_code cancelled;
      co_await timer->async_wait(asio::redirect_error(use_task, cancelled));
      pauses.erase(timer);
    }
    if (counted) note_unrecorded(-1);
    co_return recorded;
  }

  std::chrono::milliseconds age_of(const AsyncInvoke& invoke) const {
    const std::uint64_t time = now();
    return std::chrono::milliseconds(time - std::min(time, invoke.accepted_millis));
  }

  /// Counts what happened in `invoke`; when it is to run again, or nullopt: it is done with.
  std::optional<std::chrono::milliseconds> retry_after(AsyncInvoke& invoke, const std::optional<InvokeResult>& result) {
    if (!result) {
      seen.gone.add(1);
      return std::nullopt;
    }
    const auto* answer = std::get_if<InvokeAnswer>(&*result);
    if (answer && answer->error == FunctionError::none) return std::nullopt;
    if (answer && invoke.failures >= kRetriesMax) {
      seen.exhausted.add(1);
      warn("async_invoke_dropped", invoke, "RetriesExhausted");
      return std::nullopt;
    }
    if (age_of(invoke) >= kAgeMax) {
      seen.expired.add(1);
      warn("async_invoke_dropped", invoke, "EventAgeExceeded");
      return std::nullopt;
    }
    invoke.interruptions = 0;
    if (answer) {
      invoke.throttles = 0;
      return options.retry_delay * ++invoke.failures;
    }
    return doubled(invoke.throttles++);
  }

  void finish_if_idle() {
    if (closing && !dispatching && running == 0) closed.set(true);
  }
};

AsyncQueue::AsyncQueue(store::Store& store, LoopExecutor loop, const Clock& clock, Run run, AsyncQueueOptions options)
    : state_(std::make_shared<State>(store, std::move(loop), clock, std::move(run), options)) {}
AsyncQueue::~AsyncQueue() = default;

Task<> AsyncQueue::open() {
  Completion<bool> done;
  spawn(state_->loop, State::open(state_, done));
  co_await done.wait();
}

Task<> AsyncQueue::accept(AsyncInvoke invoke) {
  auto state = state_;
  invoke.accepted_millis = state->now();
  const std::string key = async_key(invoke.function, invoke.accepted_millis, invoke.request_id);
  auto body = [&](store::Transaction& transaction) { transaction.put(key, invoke.serialize()); };
  co_await state->store.run(store::lock_on(key), body);
  auto tell = [state, function = invoke.function, key, due = invoke.accepted_millis] {
    state->seen.queued.add(1);
    state->added(function, key, due);
    state->wake_up();
  };
  asio::post(state->loop, std::move(tell));
}

AsyncQueueCounts AsyncQueue::counts() const {
  const auto& seen = state_->seen;
  AsyncQueueCounts counts{.queued = seen.queued.get(),
                          .running = seen.running.get(),
                          .overdue = {},
                          .unrecorded = seen.unrecorded.get(),
                          .attempts = seen.attempts.get(),
                          .expired = seen.expired.get(),
                          .exhausted = seen.exhausted.get(),
                          .gone = seen.gone.get(),
                          .set_aside = seen.set_aside.get()};
  const std::uint64_t due = seen.oldest_due.get(), now = state_->now();
  if (due < now) counts.overdue = std::chrono::milliseconds(now - due);
  return counts;
}

void AsyncQueue::begin_close() {
  auto state = state_;
  auto shut = [state] {
    state->closing = true;
    state->wake.cancel();
    for (const auto& timer : state->pauses) timer->cancel();
    state->finish_if_idle();
  };
  asio::post(state->loop, std::move(shut));
}

Task<> AsyncQueue::close() {
  auto state = state_;
  begin_close();
  co_await state->closed.wait();
}

}  // namespace brume::lambda
