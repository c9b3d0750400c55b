#include "dynamodb/index/recount.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dynamodb/index/index_entry.h"
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

Task<> recount(State& state, cluster::Job& job, const Table& table) {
  std::vector<Counted> counted = inexact_counters(table);
  if (counted.empty()) co_return;
  store::Range range = store::Range::of_prefix(table.key_prefix);
  for (Counted& one : counted) one.counters->start_recount();
  while (!job.stopping()) {
    auto body = [&](store::Reader& reader) { return count_chunk(reader, range, table, counted); };
    std::string next = co_await state.store.read(body);
    for (Counted& one : counted) one.counters->add_chunk(one.items, one.bytes, next.empty() ? range.end : next);
    if (next.empty()) break;
    range.begin = std::move(next);
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
  if (job.stopping()) co_return;
  for (Counted& one : counted) one.counters->finish_recount();
}

/// Until the table is counted exactly. What this throws begins it anew.
Task<> recount_table(State& state, cluster::Job& job, TablePtr table) {
  auto pause = kRecountPauseMin;
  while (true) {
    const SteadyTime begin = state.clock.monotonic();
    co_await recount(state, job, *table);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(state.clock.monotonic() - begin);
    if (job.stopping() || inexact_counters(*table).empty()) co_return;
    co_await job.rest(std::max(pause, std::min(kRecountPauseMax, 10 * took)));
    pause = std::min(2 * pause, kRecountPauseMax);
    TablePtr newest = state.tables.find(table->account, table->region, table->name);
    if (job.stopping() || !newest || newest->id != table->id || newest->change == TableStatus::deleting) co_return;
    table = std::move(newest);
  }
}

}  // namespace

void start_recount(State& state, TablePtr table) {
  cluster::JobPlan plan;
  plan.name = "dynamodb/recount/" + std::to_string(static_cast<std::uint32_t>(table->id));
  plan.about = table->name;
  plan.scope = cluster::JobScope::node;  // of the counters in this node's memory
  auto work = [&state, table](cluster::Job& job) { return recount_table(state, job, table); };
  state.jobs.until_done(std::move(plan), std::move(work));
}

}  // namespace brume::dynamodb
