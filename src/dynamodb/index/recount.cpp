#include "dynamodb/index/recount.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dynamodb/index/index_entry.h"
#include "dynamodb/state/background.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

// Between recounts that writes disturbed; never more than a tenth of the time is spent on them.
constexpr std::chrono::milliseconds kRecountPauseMin{500};
constexpr std::chrono::milliseconds kRecountPauseMax = std::chrono::hours(6);

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

}  // namespace

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
