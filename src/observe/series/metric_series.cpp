#include "observe/series/metric_series.h"

#include <mutex>

#include "base/log.h"

namespace brume::observe {
namespace {

constexpr std::chrono::milliseconds kGrace{100};  // after a minute's end, for loops that are busy
constexpr std::chrono::hours kPruneInterval{1};
constexpr std::size_t kWaitingMax = 20;  // batches that the store has not taken: of minutes and loops

std::uint64_t values_of(const SeriesBatch& batch) {
  double values = 0;
  for (const auto& [key, set] : batch.sets) values += set.count;
  return static_cast<std::uint64_t>(values);
}

}  // namespace

struct MetricSeries::State : std::enable_shared_from_this<State> {
  State(store::Store& s, std::vector<LoopExecutor> l, const Clock& c, const SeriesOptions& o)
      : options(o),
        loops(std::move(l)),
        clock(c),
        recorder(c, o.series_max),
        kept(s, o.node, o.series_max),
        timer(loops.front()) {}

  const SeriesOptions options;
  const std::vector<LoopExecutor> loops;
  const Clock& clock;
  SeriesRecorder recorder;
  SeriesStore kept;
  std::atomic<bool> started{false};
  Completion<bool> closed;
  std::mutex mutex;
  std::vector<Completion<bool>> asked;  // guarded by mutex, as is
  bool closing = false;
  // Touched on the first loop alone.
  Timer timer;
  bool again = false;  ///< woken while it worked
  std::vector<SeriesBatch> waiting;
  std::optional<WallTime> pruned;

  bool is_closing() {
    std::lock_guard lock(mutex);
    return closing;
  }

  Task<> gather() {
    for (const LoopExecutor& loop : loops) {
      Completion<SeriesBatch> taken;
      asio::post(loop, [self = shared_from_this(), taken] { taken.set(self->recorder.take()); });
      SeriesBatch batch = co_await taken.wait();
      if (!batch.sets.empty()) waiting.push_back(std::move(batch));
    }
    const bool short_of_space = options.space && options.space->level() >= store::SpaceLevel::low;
    while (!waiting.empty() && (short_of_space || waiting.size() > kWaitingMax * loops.size())) {
      recorder.count_refused(values_of(waiting.front()));
      waiting.erase(waiting.begin());
    }
  }

  Task<bool> round() {
    std::string failure;
    try {
      co_await gather();
      recorder.count_refused(co_await kept.write(waiting));
      const WallTime now = clock.now();
      if (!pruned || now - *pruned >= kPruneInterval) {
        pruned = now;
        co_await kept.prune(now - options.retention);
      }
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (!failure.empty()) log_error("metric_series", {{"error", failure}});
    co_return failure.empty();
  }

  std::chrono::milliseconds until_next_minute() const {
    constexpr std::int64_t kMinute = 60'000;
    return std::chrono::milliseconds(kMinute - unix_millis(clock.now()) % kMinute) + kGrace;
  }

  static Task<> work(std::shared_ptr<State> self) {
    bool last = false;
    while (!last) {
      if (!self->again) {
        self->timer.expires_after(self->until_next_minute());
        try {
          co_await self->timer.async_wait(use_task);
        } catch (const boost::system::system_error&) {
          // woken early
        }
      }
      self->again = false;
      last = self->is_closing();
      std::vector<Completion<bool>> waiters;
      {
        std::lock_guard lock(self->mutex);
        waiters.swap(self->asked);
      }
      const bool done = co_await self->round();
      for (const auto& waiter : waiters) waiter.set(done);
    }
    self->closed.set(true);
  }

  void wake() {
    asio::post(loops.front(), [self = shared_from_this()] {
      self->again = true;
      self->timer.cancel();
    });
  }
};

MetricSeries::MetricSeries(store::Store& store, std::vector<LoopExecutor> loops, const Clock& clock,
                           SeriesOptions options)
    : state_(std::make_shared<State>(store, std::move(loops), clock, options)) {}
MetricSeries::~MetricSeries() = default;

Task<> MetricSeries::open() {
  auto state = state_;
  co_await state->kept.open();
  if (!state->started.exchange(true)) spawn(state->loops.front(), State::work(state));
}

SeriesRecorder& MetricSeries::recorder() { return state_->recorder; }

Task<bool> MetricSeries::flush() {
  auto state = state_;
  if (!state->started) co_return false;
  Completion<bool> done;
  {
    std::lock_guard lock(state->mutex);
    if (state->closing) co_return false;
    state->asked.push_back(done);
  }
  state->wake();
  co_return co_await done.wait();
}

void MetricSeries::look_again() {
  if (state_->started) state_->wake();
}

Task<> MetricSeries::close() {
  auto state = state_;
  if (!state->started) co_return;
  {
    std::lock_guard lock(state->mutex);
    state->closing = true;
  }
  state->wake();
  co_await state->closed.wait();
}

Task<std::vector<SeriesPoint>> MetricSeries::read(std::string key, WallTime from, WallTime to, std::size_t limit) {
  return state_->kept.read(std::move(key), from, to, limit);
}

Task<std::vector<std::string>> MetricSeries::list(std::string prefix, std::string after, std::size_t limit) {
  return state_->kept.list(std::move(prefix), std::move(after), limit);
}

std::uint64_t MetricSeries::dropped() const { return state_->recorder.refused(); }

}  // namespace brume::observe
