#include "dynamodb/table/maintenance.h"

#include "base/log.h"
#include "dynamodb/background.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/ttl/expiry_index.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

constexpr std::chrono::milliseconds kPoll{2};
// Between recounts that writes disturbed; never more than a tenth of the time is spent on them.
constexpr std::chrono::milliseconds kRecountPauseMin{500};
constexpr std::chrono::milliseconds kRecountPauseMax = std::chrono::hours(6);

/// Sees a key and its value before they are erased.
using BeforeErasing = std::function<void(store::Transaction&, std::string_view key, std::string_view value)>;

/// Removes up to one chunk; returns the last key that went, "" if there was none.
std::string remove_chunk(store::Transaction& transaction, const store::Range& range, std::size_t limit,
                         const BeforeErasing& before) {
  std::vector<std::string> keys;
  auto cursor = transaction.scan(range);
  for (; cursor->valid() && keys.size() < limit; cursor->next()) {
    keys.emplace_back(cursor->key());
    if (before) before(transaction, cursor->key(), cursor->value());
  }
  for (const std::string& key : keys) transaction.erase(key);
  return keys.empty() ? std::string() : std::move(keys.back());
}

Task<bool> remove_all(State& state, store::Range range, std::string lock_key, BeforeErasing before) {
  while (!state.stopping) {
    store::LockKeys locks{lock_key};
    auto body = [&](store::Transaction& t) {
      return remove_chunk(t, range, state.options.removal_chunk_items, before);
    };
    std::string last = co_await state.store.run(std::move(locks), body);
    if (last.empty()) co_return true;
    // Each chunk begins where the last one ended: from the front it would walk over all that is gone already.
    range.begin = std::move(last);
    range.begin.push_back('\0');
  }
  co_return false;
}

/// The table as it was when it was deleted, from its mark; nullopt if an older version left the mark empty.
Task<std::optional<Table>> read_mark(State& state, TableId table) {
  std::string record;
  const bool found = co_await state.store.get(removal_key(table), record);
  if (!found || record.empty()) co_return std::nullopt;
  co_return decode_table(record);
}

Task<bool> remove_items(State& state, TableId table) {
  const std::optional<Table> former = co_await read_mark(state, table);
  BeforeErasing before;
  if (former && former->time_to_live)
    before = [settings = *former->time_to_live](store::Transaction& transaction, std::string_view key,
                                                std::string_view item) {
      if (auto second = expiry_of(settings, wire::ItemView(item))) transaction.erase(expiry_key(*second, key));
    };
  store::Range range = store::Range::of_prefix(items_prefix(table));
  const std::string lock = removal_key(table);
  co_return co_await remove_all(state, std::move(range), lock, std::move(before));
}

Task<> remove_everything(State& state, TableId table) {
  const std::string lock = removal_key(table);
  bool going_on = co_await remove_items(state, table);
  std::vector<store::Range> ranges;
  ranges.push_back(local_index_entries(table));
  ranges.push_back(global_index_entries(table));
  // The streams of a deleted table can be read for a day more: their upkeep removes them then (stream/).
  std::string former;
  const bool streams_stay = co_await state.store.get(former_table_key(table), former);
  if (!streams_stay) ranges.push_back(stream_records(table));
  ranges.push_back(backfills(table));
  ranges.push_back(counters_of(table));
  for (const store::Range& range : ranges)
    if (going_on) going_on = co_await remove_range(state, range, lock);
}

Task<> forget_table(State& state, TableId table, TablePtr deleted) {
  store::LockKeys locks{removal_key(table)};
  if (deleted) locks.push_back(deleted->record_key());
  auto body = [&](store::Transaction& transaction) {
    transaction.erase(removal_key(table));
    std::string record;
    if (!deleted || !transaction.get(deleted->record_key(), record)) return;
    if (decode_table(record).id == table) transaction.erase(deleted->record_key());
  };
  co_await state.store.run(std::move(locks), body);
  if (deleted) state.tables.remove(*deleted);
}

Task<> remove_table(State& state, TableId table, TablePtr deleted) {
  if (deleted) {
    deleted->live->gate.close();
    while (!deleted->live->gate.empty()) co_await sleep_for(kPoll);
  }
  co_await remove_everything(state, table);
  while (!state.stopping && deleted && deleted->status(state.clock.now()) == TableStatus::deleting)
    co_await sleep_for(kPoll);
  if (state.stopping) co_return;
  co_await forget_table(state, table, deleted);
}

/// What a recount counts: the table, or one of its indexes.
struct Counted {
  const Index* index = nullptr;
  TableCounters* counters = nullptr;
  std::int64_t items = 0;  ///< of the chunk under way
  std::int64_t bytes = 0;
};

std::vector<Counted> inexact_counters(const Table& table) {
  std::vector<Counted> counted;
  auto add = [&](const Index* index, TableCounters& counters) {
    if (!counters.exact() && !counters.recounting()) counted.push_back({index, &counters});
  };
  add(nullptr, table.live->counters);
  for (const Index& index : table.indexes)
    if (index.takes_writes() && !index.backfilling) add(&index, *index.counters);  // a backfill counts by itself
  return counted;
}

void count_item(const Table& table, std::string_view key, wire::ItemView item, std::vector<Counted>& counted) {
  IndexEntry entry;
  for (Counted& one : counted) {
    if (one.index && !make_index_entry(table, *one.index, key, item, entry)) continue;
    one.items += 1;
    one.bytes += static_cast<std::int64_t>(wire::item_size(one.index ? wire::ItemView(entry.attributes) : item));
  }
}

/// Counts one chunk; returns where the next one begins, "" at the end.
std::string count_chunk(store::Reader& reader, const store::Range& range, const Table& table,
                        std::vector<Counted>& counted) {
  constexpr std::int64_t kItems = 500, kBytes = 128 * 1024;
  std::int64_t items = 0, bytes = 0;
  for (Counted& one : counted) one.items = one.bytes = 0;
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    if (items >= kItems || bytes >= kBytes) return std::string(cursor->key());
    items += 1;
    bytes += static_cast<std::int64_t>(cursor->value().size());
    count_item(table, cursor->key(), wire::ItemView(cursor->value()), counted);
  }
  return {};
}

Task<> recount(State& state, const Table& table) {
  std::vector<Counted> counted = inexact_counters(table);
  if (counted.empty()) co_return;
  store::Range range = store::Range::of_prefix(table.key_prefix);
  for (Counted& one : counted) one.counters->start_recount();
  while (!state.stopping) {
    auto body = [&](store::Reader& reader) { return count_chunk(reader, range, table, counted); };
    std::string next = co_await state.store.read(body);
    for (Counted& one : counted) one.counters->add_chunk(one.items, one.bytes, next.empty() ? range.end : next);
    if (next.empty()) break;
    range.begin = std::move(next);
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
  if (state.stopping) co_return;
  for (Counted& one : counted) one.counters->finish_recount();
}

std::string text_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

/// Awaits `task` and logs what it throws: nobody else would.
Task<> logged(Task<> task, std::string_view what) {
  std::exception_ptr error;
  try {
    co_await std::move(task);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) log_error(what, {{"error", text_of(error)}});
}

}  // namespace

Task<bool> remove_range(State& state, store::Range range, std::string lock_key) {
  co_return co_await remove_all(state, std::move(range), std::move(lock_key), {});
}

Task<> remove_table_items(State& state, State::Background background, TableId table, TablePtr deleted) {
  State::Background under_way = std::move(background);
  co_await logged(remove_table(state, table, std::move(deleted)), "dynamodb_table_removal_failed");
}

Task<> recount_table(State& state, State::Background background, TablePtr table) {
  State::Background under_way = std::move(background);
  auto pause = kRecountPauseMin;
  while (true) {
    const SteadyTime begin = state.clock.monotonic();
    co_await logged(recount(state, *table), "dynamodb_recount_failed");
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(state.clock.monotonic() - begin);
    if (state.stopping || inexact_counters(*table).empty()) co_return;
    co_await rest(state, std::max(pause, std::min(kRecountPauseMax, 10 * took)));
    pause = std::min(2 * pause, kRecountPauseMax);
    TablePtr newest = state.tables.find(table->account, table->region, table->name);
    if (state.stopping || !newest || newest->id != table->id || newest->change == TableStatus::deleting) co_return;
    table = std::move(newest);
  }
}

}  // namespace brume::dynamodb
