#include "observe/maintenance.h"

#include <mutex>
#include <stdexcept>
#include <utility>

#include "base/bytes.h"
#include "cluster/job.h"
#include "observe/logs/write.h"

namespace brume::observe {
namespace {

constexpr std::chrono::minutes kInterval{5};
constexpr std::size_t kStep = 1000;  // keys a commit

std::vector<std::string> keys_in(store::Reader& reader, const store::Range& range, std::size_t limit) {
  std::vector<std::string> keys;
  for (auto cursor = reader.scan(range); cursor->valid() && keys.size() < limit; cursor->next())
    keys.emplace_back(cursor->key());
  return keys;
}

/// One step's end: where the next begins, "" when there is nothing more.
std::string next_begin(const std::vector<std::string>& keys) {
  return keys.size() < kStep ? std::string() : keys.back() + '\0';
}

/// Erases one event from both orders; returns what it counted.
std::int64_t erase_event(store::Transaction& transaction, GroupId group, StreamId stream, const Position& position,
                         std::size_t message_bytes) {
  transaction.erase(event_key(group, position));
  transaction.erase(stream_event_key(group, stream, position));
  return static_cast<std::int64_t>(message_bytes + kEventOverhead);
}

std::string erase_step(store::Transaction& transaction, const store::Range& range) {
  const std::vector<std::string> keys = keys_in(transaction, range, kStep);
  for (const std::string& key : keys) transaction.erase(key);
  return next_begin(keys);
}

/// The caller holds the group's latch.
std::string erase_stream_step(store::Transaction& transaction, const GroupName& name, GroupId group, StreamId stream,
                              const store::Range& range) {
  const std::vector<std::string> keys = keys_in(transaction, range, kStep);
  std::int64_t bytes = 0;
  std::string value;
  for (const std::string& key : keys) {
    const Position position = Position::of_key(key);
    const bool there = transaction.get(event_key(group, position), value);
    const std::int64_t counted =
        erase_event(transaction, group, stream, position, there ? EventView::parse(value).message.size() : 0);
    if (there) bytes += counted;
  }
  const auto record = find_group(transaction, name);
  if (record && record->id == group && bytes > 0) add_stored_bytes(transaction, group, -bytes);
  return next_begin(keys);
}

/// Removes expired events of the group, if it is still the same and its policy still says so.
std::string expire_step(store::Transaction& transaction, const GroupName& name, GroupId group, std::int64_t now,
                        std::string begin) {
  const auto record = find_group(transaction, name);
  if (!record || record->id != group || !record->retention_days) return {};
  store::Range range{std::move(begin), event_key(group, {record->expired_before(now), 0, 0})};
  if (range.begin >= range.end) return {};
  std::vector<std::string> keys;
  std::int64_t bytes = 0;
  for (auto cursor = transaction.scan(range); cursor->valid() && keys.size() < kStep; cursor->next()) {
    const EventView event = EventView::parse(cursor->value());
    keys.emplace_back(cursor->key());
    bytes += erase_event(transaction, group, event.stream, Position::of_key(keys.back()), event.message.size());
  }
  if (bytes > 0) add_stored_bytes(transaction, group, -bytes);
  return next_begin(keys);
}

struct RemovedStream {
  GroupName name;
  GroupId group;
  StreamId stream;
};

}  // namespace

// Each pass goes over what there is, so it needs no progress of its own: what is done is gone.
struct Maintenance::State {
  State(store::Store& s, LoopExecutor loop, const Clock& c, cluster::Leases& leases, Audit& a)
      : store(s), clock(c), audit(a), jobs(s, leases) {
    jobs.open(std::move(loop));
  }

  store::Store& store;
  const Clock& clock;
  Audit& audit;
  cluster::Jobs jobs;
  std::mutex mutex;
  cluster::JobPtr job;  // guarded by mutex; null until start()

  Task<> pass(cluster::Job& job) {
    co_await remove_groups(job);
    co_await remove_streams(job);
    co_await expire_events(job);
    std::string position;
    while (!job.stopping()) {
      const std::size_t gone = co_await audit.prune(job, clock.now(), kStep, position);
      if (gone < kStep) break;
    }
  }

  /// A pass that tells its end; a failure is told instead of being tried again.
  Task<> pass_once(cluster::Job& job, Completion<std::string> ended) {
    std::string failure;
    try {
      co_await pass(job);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    ended.set(std::move(failure));
  }

  Task<> remove_groups(cluster::Job& job) {
    auto list = [](store::Reader& reader) { return keys_in(reader, removed_groups(), kStep); };
    const std::vector<std::string> removed = co_await store.read(list);
    for (const std::string& key : removed) {
      const GroupId group = group_of(key);
      for (const std::string& prefix : group_data_prefixes(group)) {
        store::Range range = store::Range::of_prefix(prefix);
        while (!range.begin.empty()) {
          if (job.stopping()) co_return;
          auto step = [&](store::Transaction& transaction) { return erase_step(transaction, range); };
          range.begin = co_await job.commit(store::lock_on(key), step);
        }
      }
      auto done = [&](store::Transaction& transaction) { transaction.erase(key); };
      co_await job.commit(store::lock_on(key), done);
    }
  }

  Task<> remove_streams(cluster::Job& job) {
    auto list = [](store::Reader& reader) {
      std::vector<RemovedStream> found;
      for (auto cursor = reader.scan(removed_streams()); cursor->valid() && found.size() < kStep; cursor->next())
        found.push_back({group_name_of(cursor->value()), group_of(cursor->key()), stream_of(cursor->key())});
      return found;
    };
    const std::vector<RemovedStream> removed = co_await store.read(list);
    for (const RemovedStream& entry : removed) {
      store::Range range = store::Range::of_prefix(stream_event_prefix(entry.group, entry.stream));
      const std::string latch = group_key(entry.name);
      while (!range.begin.empty()) {
        if (job.stopping()) co_return;
        auto step = [&](store::Transaction& t) {
          return erase_stream_step(t, entry.name, entry.group, entry.stream, range);
        };
        range.begin = co_await job.commit(store::lock_on(latch), step);
      }
      auto done = [&](store::Transaction& t) { t.erase(removed_stream_key(entry.group, entry.stream)); };
      co_await job.commit(store::lock_on(latch), done);
    }
  }

  Task<> expire_events(cluster::Job& job) {
    auto list = [](store::Reader& reader) {
      std::vector<std::pair<GroupName, GroupId>> found;
      for (auto cursor = reader.scan(group_records()); cursor->valid(); cursor->next()) {
        const GroupRecord record = GroupRecord::parse(cursor->value());
        if (record.retention_days) found.emplace_back(group_name_of(cursor->key()), record.id);
      }
      return found;
    };
    const std::vector<std::pair<GroupName, GroupId>> groups = co_await store.read(list);
    const std::int64_t now = unix_millis(clock.now());
    for (const auto& entry : groups) {
      std::string begin = event_prefix(entry.second);
      while (!begin.empty()) {
        if (job.stopping()) co_return;
        auto step = [&](store::Transaction& t) { return expire_step(t, entry.first, entry.second, now, begin); };
        begin = co_await job.commit(store::lock_on(group_key(entry.first)), step);
      }
    }
  }

  // In removed_group_key and removed_stream_key.
  static GroupId group_of(std::string_view key) { return read_big_endian<GroupId>(key.data() + 2); }
  static StreamId stream_of(std::string_view key) { return read_big_endian<StreamId>(key.data() + 10); }
};

Maintenance::Maintenance(store::Store& store, LoopExecutor loop, const Clock& clock, cluster::Leases& leases,
                         Audit& audit)
    : state_(std::make_unique<State>(store, std::move(loop), clock, leases, audit)) {}
Maintenance::~Maintenance() = default;

void Maintenance::start() {
  State& state = *state_;
  std::lock_guard lock(state.mutex);
  if (state.job) return;
  cluster::JobPlan plan;
  plan.name = "observe/maintenance";
  plan.interval = kInterval;
  state.job = state.jobs.repeat(std::move(plan), [&state](cluster::Job& job) { return state.pass(job); });
}

void Maintenance::wake() {
  std::lock_guard lock(state_->mutex);
  if (state_->job) state_->job->wake();
}

Task<> Maintenance::run_once() {
  State& state = *state_;
  const Completion<std::string> ended;
  cluster::JobPlan plan;
  plan.name = "observe/maintenance-now";
  auto work = [&state, ended](cluster::Job& job) { return state.pass_once(job, ended); };
  if (!state.jobs.until_done(std::move(plan), std::move(work))) co_return;
  const std::string failure = co_await ended.wait();
  if (!failure.empty()) throw std::runtime_error(failure);
}

Task<> Maintenance::close() { co_await state_->jobs.close(); }

}  // namespace brume::observe
