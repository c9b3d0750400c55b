#include "observe/maintenance.h"

#include <atomic>

#include "base/bytes.h"
#include "base/log.h"
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

struct Maintenance::State : std::enable_shared_from_this<State> {
  State(store::Store& s, LoopExecutor l, const Clock& c, Audit& a)
      : store(s), loop(std::move(l)), clock(c), audit(a), timer(loop) {}

  store::Store& store;
  LoopExecutor loop;
  const Clock& clock;
  Audit& audit;
  std::atomic<bool> started{false};
  std::atomic<bool> closing{false};
  // Touched on `loop` alone.
  Timer timer;
  bool again = false;  // woken while a pass was under way
  Completion<bool> closed;

  static Task<> work(std::shared_ptr<State> self) {
    while (!self->closing) {
      self->again = false;
      std::string error;
      try {
        co_await self->pass();
      } catch (const std::exception& e) {
        error = e.what();
      }
      if (!error.empty()) log_error("observe_maintenance", {{"error", error}});
      if (self->closing) break;
      if (self->again) continue;
      self->timer.expires_after(kInterval);
      try {
        co_await self->timer.async_wait(use_task);
      } catch (const boost::system::system_error&) {
        // woken early
      }
    }
    self->closed.set(true);
  }

  Task<> pass() {
    co_await remove_groups();
    co_await remove_streams();
    co_await expire_events();
    std::string position;
    while (!closing) {
      const std::size_t gone = co_await audit.prune(clock.now(), kStep, position);
      if (gone < kStep) break;
    }
  }

  Task<> remove_groups() {
    auto list = [](store::Reader& reader) { return keys_in(reader, removed_groups(), kStep); };
    const std::vector<std::string> removed = co_await store.read(list);
    for (const std::string& key : removed) {
      const GroupId group = group_of(key);
      for (const std::string& prefix : group_data_prefixes(group)) {
        store::Range range = store::Range::of_prefix(prefix);
        while (!range.begin.empty()) {
          if (closing) co_return;
          auto step = [&](store::Transaction& transaction) { return erase_step(transaction, range); };
          range.begin = co_await store.run(store::lock_on(key), step);
        }
      }
      auto done = [&](store::Transaction& transaction) { transaction.erase(key); };
      co_await store.run(store::lock_on(key), done);
    }
  }

  Task<> remove_streams() {
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
        if (closing) co_return;
        auto step = [&](store::Transaction& t) {
          return erase_stream_step(t, entry.name, entry.group, entry.stream, range);
        };
        range.begin = co_await store.run(store::lock_on(latch), step);
      }
      auto done = [&](store::Transaction& t) { t.erase(removed_stream_key(entry.group, entry.stream)); };
      co_await store.run(store::lock_on(latch), done);
    }
  }

  Task<> expire_events() {
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
        if (closing) co_return;
        auto step = [&](store::Transaction& t) { return expire_step(t, entry.first, entry.second, now, begin); };
        begin = co_await store.run(store::lock_on(group_key(entry.first)), step);
      }
    }
  }

  // In removed_group_key and removed_stream_key.
  static GroupId group_of(std::string_view key) { return read_big_endian<GroupId>(key.data() + 2); }
  static StreamId stream_of(std::string_view key) { return read_big_endian<StreamId>(key.data() + 10); }
};

Maintenance::Maintenance(store::Store& store, LoopExecutor loop, const Clock& clock, Audit& audit)
    : state_(std::make_shared<State>(store, std::move(loop), clock, audit)) {}
Maintenance::~Maintenance() = default;

void Maintenance::start() {
  if (!state_->started.exchange(true)) spawn(state_->loop, State::work(state_));
}

void Maintenance::wake() {
  asio::post(state_->loop, [state = state_] {
    state->again = true;
    state->timer.cancel();
  });
}

Task<> Maintenance::run_once() {
  auto state = state_;
  co_await state->pass();
}

Task<> Maintenance::close() {
  auto state = state_;
  state->closing = true;
  if (!state->started) co_return;
  asio::post(state->loop, [state] { state->timer.cancel(); });
  co_await state->closed.wait();
}

}  // namespace brume::observe
