#include "lambda/async_queue.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/json.hpp>
#include <deque>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/log.h"
#include "lambda/keys.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

constexpr std::uint32_t kRetriesMax = 2;
constexpr std::chrono::milliseconds kRetryDelay[] = {std::chrono::minutes(1), std::chrono::minutes(2)};
constexpr std::chrono::milliseconds kAgeMax = std::chrono::hours(6);
constexpr std::chrono::milliseconds kThrottleDelayMax = std::chrono::minutes(5);
constexpr std::uint64_t kNever = ~std::uint64_t(0);
constexpr std::size_t kMovedMax = 100;  // of a former version's records in one read

struct Entry {
  std::string key;
  std::string value;
};
using Entries = std::vector<Entry>;

/// The invokes of one function.
struct Line {
  /// Every record before this key is in `taken`: looks start here, past what was run and erased.
  std::string from;
  std::uint64_t next_due = 0;  ///< of the first record not taken; kNever if there is none
  std::set<std::string> taken;  ///< keys of what runs, or has an outcome to be recorded
};
using Lines = std::map<FunctionId, Line>;

Entries read_some(store::Reader& reader, const store::Range& range, std::size_t count) {
  Entries found;
  for (auto cursor = reader.scan(range); cursor->valid() && found.size() < count; cursor->next())
    found.push_back({std::string(cursor->key()), std::string(cursor->value())});
  return found;
}

struct Look {
  Entries due;
  std::string from;
  std::uint64_t next_due = kNever;
};
/// What is due of one line, at most `room`.
Look look(store::Reader& reader, const store::Range& range, const std::set<std::string>& taken, std::uint64_t now,
          std::size_t room) {
  Look out;
  out.from = range.begin;
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    std::string key(cursor->key());
    if (taken.contains(key)) continue;
    const auto parsed = parse_async_key(key);
    const std::uint64_t due = parsed ? parsed->due_millis : 0;
    if (due > now || out.due.size() == room) {
      out.next_due = due;
      return out;
    }
    out.from = key + '\0';
    out.due.push_back({std::move(key), std::string(cursor->value())});
  }
  return out;
}

struct Found {
  std::vector<FunctionId> functions;
  Entries strange;  ///< under keys that name no function
};
/// Which functions have invokes: one step for each, however many of theirs there are.
Found find_functions(store::Reader& reader) {
  Found out;
  store::Range rest = async_records();
  while (true) {
    auto cursor = reader.scan(rest);
    if (!cursor->valid()) return out;
    if (const auto parsed = parse_async_key(cursor->key())) {
      rest.begin = async_records_of(parsed->function).end;
      out.functions.push_back(parsed->function);
    } else {
      out.strange.push_back({std::string(cursor->key()), std::string(cursor->value())});
      rest.begin = out.strange.back().key + '\0';
    }
  }
}

bool succeeded(const InvokeResult& result) {
  const auto* answer = std::get_if<InvokeAnswer>(&result);
  return answer && answer->error == FunctionError::none;
}

void warn_dropped(const AsyncInvoke& invoke, std::string_view reason) {
  log_warn("async_invoke_dropped",
           {{"function", invoke.function.arn()}, {"request_id", invoke.request_id}, {"reason", reason}});
}

}  // namespace

std::string AsyncInvoke::serialize() const {
  return json::serialize(json::object{{"account", function.account},
                                      {"region", function.region},
                                      {"name", function.name},
                                      {"id", request_id},
                                      {"payload", payload},
                                      {"arn", invoked_arn},
                                      {"context", client_context},
                                      {"failures", failures},
                                      {"throttles", throttles},
                                      {"accepted", accepted_millis}});
}

AsyncInvoke AsyncInvoke::parse(std::string_view text) try {
  const json::value value = json::parse(json::string_view(text.data(), text.size()));
  const json::object& in = value.as_object();
  const auto string_at = [&](std::string_view key) { return json::value_to<std::string>(in.at(key)); };
  AsyncInvoke out;
  out.function = {string_at("account"), string_at("region"), string_at("name")};
  out.request_id = string_at("id");
  out.payload = string_at("payload");
  out.invoked_arn = string_at("arn");
  out.client_context = string_at("context");
  out.failures = json::value_to<std::uint32_t>(in.at("failures"));
  out.throttles = json::value_to<std::uint32_t>(in.at("throttles"));
  out.accepted_millis = json::value_to<std::uint64_t>(in.at("accepted"));
  return out;
} catch (const std::exception& error) {
  throw store::StoreError(std::string("a queued invoke is malformed: ") + error.what());
}

// Touched on `loop` alone, but for accept(), which posts there.
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
  std::uint64_t malformed = 0;
  std::set<std::shared_ptr<Timer>> pauses;  ///< of those who wait to offer an outcome again
  bool woken = false;  ///< since the last look
  bool closing = false;
  bool dispatching = false;
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
    bool found = false;
    std::chrono::milliseconds pause = options.look_interval;
    while (!closing) {
      woken = false;
      bool failed = false;
      try {
        if (!found) co_await find();
        found = true;
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

  /// What an earlier run left.
  Task<> find() {
    while (true) {
      auto read = [](store::Reader& reader) { return read_some(reader, former_async_records(), kMovedMax); };
      Entries former = co_await store.read(read);
      if (former.empty()) break;
      for (auto& entry : former) co_await move_former(std::move(entry));
    }
    Found left = co_await store.read(find_functions);
    for (auto& entry : left.strange) co_await set_aside(std::move(entry));
    for (const auto& function : left.functions) line_of(function);
  }

  Task<> move_former(Entry entry) {
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

  static std::optional<AsyncInvoke> readable(const Entry& entry) {
    try {
      return AsyncInvoke::parse(entry.value);
    } catch (const store::StoreError& error) {
      log_error("async_invoke_set_aside", {{"error", error.what()}});
      return std::nullopt;
    }
  }

  Task<> set_aside(Entry entry) {
    auto body = [&](store::Transaction& transaction) {
      transaction.erase(entry.key);
      transaction.put(quarantine_key(entry.key), entry.value);
      transaction.use_reserve();
    };
    co_await store.run(store::lock_on(entry.key), body);
    ++malformed;
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
  }

  /// Looks once at each line that may have something due.
  Task<> start_due() {
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

  /// Lines stay where they are while others are added; only start_due(), which awaits this, removes any.
  Task<> start_of(const FunctionId& function, Line& line) {
    const std::size_t free = options.running_max - running;
    const std::size_t room = (free - line.taken.size() + 1) / 2;  // so that it never holds more than are left
    const store::Range range{line.from, async_records_of(function).end};
    const std::uint64_t limit = now();
    line.next_due = kNever;  // what is added during the look lowers it, and `from`, again
    line.from = range.end;
    Look seen;
    try {
      const auto taken = line.taken;
      auto body = [&](store::Reader& reader) { return look(reader, range, taken, limit, room); };
      seen = co_await store.read(body);
    } catch (...) {
      line.from = range.begin;
      line.next_due = 0;
      throw;
    }
    line.from = std::min(line.from, seen.from);
    line.next_due = std::min(line.next_due, seen.next_due);
    for (auto& entry : seen.due) {
      // Not twice, should it have ended and been added again during the look.
      if (!line.taken.insert(entry.key).second) continue;
      ++running;
      spawn(loop, work(shared_from_this(), function, std::move(entry)));
    }
  }

  static Task<> work(std::shared_ptr<State> self, FunctionId function, Entry entry) {
    std::optional<AsyncInvoke> invoke = readable(entry);
    if (invoke && invoke->function != function) invoke.reset();
    std::string next;
    std::uint64_t due = kNever;
    bool cut_short = false;  // by the stop: it stays queued as it is
    if (invoke) {
      std::optional<InvokeResult> result;
      std::string failure;
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
    if (!cut_short) recorded = co_await self->record(entry, invoke, next);
    --self->running;
    Line& line = self->lines.at(function);  // as long as it has taken something
    line.taken.erase(entry.key);
    if (recorded && !next.empty()) self->added(function, next, due);
    if (self->closing) self->finish_if_idle();
    else self->wake_up();
  }

  Task<> record_once(const Entry& entry, const std::optional<AsyncInvoke>& invoke, const std::string& next) {
    if (!invoke) {
      co_await set_aside(entry);
      co_return;
    }
    auto body = [&](store::Transaction& transaction) {
      transaction.erase(entry.key);
      transaction.use_reserve();  // it replaces what is there; unrecorded it would run again
      if (!next.empty()) transaction.put(next, invoke->serialize());
    };
    co_await store.run(store::lock_on(entry.key), body);
  }

  /// Offers the outcome until the store takes it; false if the queue closes before.
  Task<bool> record(const Entry& entry, const std::optional<AsyncInvoke>& invoke, const std::string& next) {
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
      if (!std::exchange(counted, true)) ++unrecorded;
      const auto timer = std::make_shared<Timer>(loop, pause);
      pauses.insert(timer);
      boost::system::error_code cancelled;
      co_await timer->async_wait(asio::redirect_error(use_task, cancelled));
      pauses.erase(timer);
    }
    if (counted) --unrecorded;
    co_return recorded;
  }

  /// Counts what happened in `invoke`; when it is to run again, or nullopt: it is done with.
  std::optional<std::chrono::milliseconds> retry_after(AsyncInvoke& invoke, const std::optional<InvokeResult>& result) {
    if (!result) return std::nullopt;
    if (const auto* answer = std::get_if<InvokeAnswer>(&*result)) {
      invoke.throttles = 0;
      if (answer->error == FunctionError::none) return std::nullopt;
      if (invoke.failures >= kRetriesMax) {
        warn_dropped(invoke, "RetriesExhausted");
        return std::nullopt;
      }
      return kRetryDelay[invoke.failures++];
    }
    if (now() - invoke.accepted_millis >= static_cast<std::uint64_t>(kAgeMax.count())) {
      warn_dropped(invoke, "EventAgeExceeded");
      return std::nullopt;
    }
    const auto delay = std::chrono::milliseconds(1000LL << std::min(invoke.throttles++, 10u));
    return std::min<std::chrono::milliseconds>(delay, kThrottleDelayMax);
  }

  void finish_if_idle() {
    if (closing && !dispatching && running == 0) closed.set(true);
  }
};

AsyncQueue::AsyncQueue(store::Store& store, LoopExecutor loop, const Clock& clock, Run run, AsyncQueueOptions options)
    : state_(std::make_shared<State>(store, std::move(loop), clock, std::move(run), options)) {}
AsyncQueue::~AsyncQueue() = default;

void AsyncQueue::start() {
  state_->dispatching = true;
  spawn(state_->loop, state_->dispatch());
}

Task<> AsyncQueue::accept(AsyncInvoke invoke) {
  auto state = state_;
  invoke.accepted_millis = state->now();
  const std::string key = async_key(invoke.function, invoke.accepted_millis, invoke.request_id);
  auto body = [&](store::Transaction& transaction) { transaction.put(key, invoke.serialize()); };
  co_await state->store.run(store::lock_on(key), body);
  auto tell = [state, function = invoke.function, key, due = invoke.accepted_millis] {
    state->added(function, key, due);
    state->wake_up();
  };
  asio::post(state->loop, std::move(tell));
}

AsyncQueueCounts AsyncQueue::counts() const { return {state_->running, state_->unrecorded, state_->malformed}; }

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
