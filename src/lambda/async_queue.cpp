#include "lambda/async_queue.h"

#include <boost/json.hpp>
#include <set>

#include "base/log.h"
#include "lambda/keys.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

constexpr std::size_t kRunningMax = 100;  // so that a long queue cannot take every environment
constexpr std::uint32_t kRetriesMax = 2;
constexpr std::chrono::milliseconds kRetryDelay[] = {std::chrono::minutes(1), std::chrono::minutes(2)};
constexpr std::chrono::milliseconds kAgeMax = std::chrono::hours(6);
constexpr std::chrono::milliseconds kThrottleDelayMax = std::chrono::minutes(5);
constexpr std::chrono::milliseconds kLookInterval{1000};

struct Entry {
  std::string key;
  std::string value;
};

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
  State(store::Store& s, LoopExecutor l, const Clock& c, Run r)
      : store(s), loop(std::move(l)), clock(c), run(std::move(r)), wake(loop) {}

  store::Store& store;
  LoopExecutor loop;
  const Clock& clock;
  Run run;
  Timer wake;
  std::set<std::string> running;  // keys
  bool closing = false;
  bool dispatching = false;
  Completion<bool> closed;

  std::uint64_t now() const { return static_cast<std::uint64_t>(unix_millis(clock.now())); }

  Task<> dispatch() {
    auto self = shared_from_this();
    dispatching = true;
    while (!closing) {
      try {
        co_await start_due();
      } catch (const std::exception& error) {
        log_error("async_queue", {{"error", error.what()}});
      }
      if (closing) break;
      wake.expires_after(kLookInterval);
      try {
        co_await wake.async_wait(use_task);
      } catch (const boost::system::system_error&) {
        // woken early: something was accepted, or the queue closes
      }
    }
    dispatching = false;
    finish_if_idle();
  }

  Task<> start_due() {
    const std::uint64_t limit = now();
    const std::size_t room = kRunningMax - std::min(kRunningMax, running.size());
    std::vector<Entry> due = co_await store.read([&](store::Reader& reader) {
      std::vector<Entry> found;
      for (auto cursor = reader.scan(async_records()); cursor->valid() && found.size() < room; cursor->next()) {
        if (async_due(cursor->key()) > limit) break;
        if (!running.contains(std::string(cursor->key())))
          found.push_back({std::string(cursor->key()), std::string(cursor->value())});
      }
      return found;
    });
    for (auto& entry : due) {
      if (closing) co_return;
      running.insert(entry.key);
      spawn(loop, work(shared_from_this(), std::move(entry)));
    }
  }

  static Task<> work(std::shared_ptr<State> self, Entry entry) {
    try {
      co_await self->run_one(entry);
    } catch (const std::exception& error) {
      log_error("async_invoke", {{"error", error.what()}});  // stays queued; seen again at the next look
    }
    self->running.erase(entry.key);
    if (self->closing) self->finish_if_idle();
    else self->wake.cancel();
  }

  Task<> run_one(const Entry& entry) {
    AsyncInvoke invoke = AsyncInvoke::parse(entry.value);
    std::optional<InvokeResult> result = co_await run(invoke);
    const std::optional<std::chrono::milliseconds> delay = retry_after(invoke, result);
    const std::string next = delay ? async_key(now() + static_cast<std::uint64_t>(delay->count()), invoke.request_id)
                                   : "";
    co_await store.run(store::lock_on(entry.key), [&](store::Transaction& transaction) {
      transaction.erase(entry.key);
      if (!next.empty()) transaction.put(next, invoke.serialize());
    });
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
    if (closing && !dispatching && running.empty()) closed.set(true);
  }
};

AsyncQueue::AsyncQueue(store::Store& store, LoopExecutor loop, const Clock& clock, Run run)
    : state_(std::make_shared<State>(store, std::move(loop), clock, std::move(run))) {}
AsyncQueue::~AsyncQueue() = default;

void AsyncQueue::start() {
  state_->dispatching = true;
  spawn(state_->loop, state_->dispatch());
}

Task<> AsyncQueue::accept(AsyncInvoke invoke) {
  auto state = state_;
  invoke.accepted_millis = state->now();
  const std::string key = async_key(invoke.accepted_millis, invoke.request_id);
  co_await state->store.run(store::lock_on(key),
                            [&](store::Transaction& transaction) { transaction.put(key, invoke.serialize()); });
  asio::post(state->loop, [state] { state->wake.cancel(); });
}

Task<> AsyncQueue::close() {
  auto state = state_;
  asio::post(state->loop, [state] {
    state->closing = true;
    state->wake.cancel();
    state->finish_if_idle();
  });
  co_await state->closed.wait();
}

}  // namespace brume::lambda
