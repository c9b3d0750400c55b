#include "dynamodb/control/table_removal.h"

#include "dynamodb/state/range_removal.h"
#include "dynamodb/index/expiry_index.h"

namespace brume::dynamodb {
namespace {

constexpr std::chrono::milliseconds kPoll{2};

/// The table as it was when it was deleted, from its mark; nullopt if an older version left the mark empty.
Task<std::optional<Table>> read_mark(State& state, TableId table) {
  std::string record;
  const bool found = co_await state.store.get(removal_key(table), record);
  if (!found || record.empty()) co_return std::nullopt;
  co_return decode_table(record);
}

Task<bool> remove_items(State& state, cluster::Job& job, TableId table) {
  const std::optional<Table> former = co_await read_mark(state, table);
  BeforeErasing before;
  if (former && former->time_to_live)
    before = [settings = *former->time_to_live](store::Transaction& transaction, std::string_view key,
                                                std::string_view item) {
      if (auto second = expiry_of(settings, wire::ItemView(item))) transaction.erase(expiry_key(*second, key));
    };
  store::Range range = store::Range::of_prefix(items_prefix(table));
  const std::string lock = removal_key(table);
  co_return co_await remove_range(state, job, std::move(range), lock, std::move(before));
}

Task<> remove_everything(State& state, cluster::Job& job, TableId table) {
  const std::string lock = removal_key(table);
  bool going_on = co_await remove_items(state, job, table);
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
    if (going_on) going_on = co_await remove_range(state, job, range, lock);
}

Task<> forget_table(cluster::Job& job, TableId table, TablePtr deleted) {
  store::LockKeys locks{removal_key(table)};
  if (deleted) locks.push_back(deleted->record_key());
  auto body = [&](store::Transaction& transaction) {
    transaction.erase(removal_key(table));
    std::string record;
    if (!deleted || !transaction.get(deleted->record_key(), record)) return;
    if (decode_table(record).id == table) transaction.erase(deleted->record_key());
  };
  co_await job.commit(std::move(locks), body);
}

Task<> remove_table(State& state, cluster::Job& job, TableId table, TablePtr deleted) {
  if (deleted) {
    deleted->live->gate.close();
    while (!deleted->live->gate.empty()) co_await sleep_for(kPoll);
  }
  co_await remove_everything(state, job, table);
  while (!job.stopping() && deleted && deleted->status(state.clock.now()) == TableStatus::deleting)
    co_await sleep_for(kPoll);
  if (job.stopping()) co_return;
  co_await forget_table(job, table, deleted);
}

}  // namespace

void start_table_removal(State& state, TableId table, TablePtr deleted) {
  cluster::JobPlan plan;
  plan.name = "dynamodb/removal/" + std::to_string(static_cast<std::uint32_t>(table));
  if (deleted) plan.about = deleted->name;
  auto work = [&state, table, deleted](cluster::Job& job) { return remove_table(state, job, table, deleted); };
  state.jobs.until_done(std::move(plan), std::move(work));
}

}  // namespace brume::dynamodb
