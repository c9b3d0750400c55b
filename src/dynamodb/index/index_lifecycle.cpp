#include "dynamodb/index/index_lifecycle.h"

#include "dynamodb/index/index_definition.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/state/backfill.h"
#include "dynamodb/index/recount.h"
#include "dynamodb/state/range_removal.h"
#include "dynamodb/state/table_change.h"
#include "dynamodb/state/table_work.h"
#include "dynamodb/state/write_pass.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

const Index* index_with(const Table& table, std::uint16_t number) {
  for (const Index& index : table.indexes)
    if (index.number == number) return &index;
  return nullptr;
}

bool is_being_filled(const Index* index) {
  return index && index->change == IndexStatus::creating && index->backfilling;
}

/// What the chunk under way adds to the index.
struct ChunkCount {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
};

/// `index` belongs to `table`, which the job keeps. Entries are counted as they are made unless an earlier run's are
/// missing in the count.
Backfill fill_of(State& state, TablePtr table, const Index& index, bool counts) {
  auto chunk = std::make_shared<ChunkCount>();
  auto entry = std::make_shared<IndexEntry>();
  Backfill backfill;
  backfill.table = table;
  backfill.progress_key = backfill_key(table->id, 'g', index.number);
  backfill.begin_chunk = [chunk] { *chunk = {}; };
  backfill.visit = [table, &index, chunk, entry](store::Transaction& transaction, std::string_view item_key,
                                                 wire::ItemView item) {
    if (!make_index_entry(*table, index, item_key, item, *entry)) return;
    transaction.put(entry->key, entry->attributes);
    chunk->items += 1;
    chunk->bytes += static_cast<std::int64_t>(wire::item_size(wire::ItemView(entry->attributes)));
  };
  if (counts)
    backfill.committed = [chunk, &index](const std::string& end) {
      index.counters->add_chunk(chunk->items, chunk->bytes, end);
    };
  backfill.wanted = [&state, table, number = index.number] {
    TablePtr newest = state.tables.find(table->account, table->region, table->name);
    return newest && newest->id == table->id && is_being_filled(index_with(*newest, number));
  };
  return backfill;
}

Task<> publish_filled(cluster::Job& job, TablePtr table, std::uint16_t number) {
  auto change = [number](Table& changed) {
    for (Index& index : changed.indexes)
      if (index.number == number && is_being_filled(&index)) index.backfilling = false;
  };
  co_await change_table(job, table, change);
}

Task<> fill_index(State& state, cluster::Job& job, TablePtr table, std::uint16_t number) {
  const Index& index = *index_with(*table, number);
  co_await wait_for_former_writers(table);
  const bool resumed = co_await has_backfill_progress(state, backfill_key(table->id, 'g', number));
  if (resumed) index.counters->doubt();
  else index.counters->start_recount();
  Backfill backfill = fill_of(state, table, index, !resumed);
  const BackfillEnd end = co_await backfill_items(state, job, std::move(backfill));
  if (end == BackfillEnd::stopped) co_return;
  if (!resumed) index.counters->finish_recount();
  co_await publish_filled(job, table, number);
  if (job.stopping() || index.counters->exact()) co_return;
  TablePtr newest = state.tables.find(table->account, table->region, table->name);
  if (newest && newest->id == table->id) start_recount(state, newest);
}

Task<> erase_index(State& state, cluster::Job& job, TablePtr table, std::uint16_t number) {
  co_await wait_for_former_writers(table);
  const std::string progress_key = backfill_key(table->id, 'g', number);
  store::Range range = store::Range::of_prefix(index_with(*table, number)->key_prefix);
  const bool removed = co_await remove_range(state, job, std::move(range), progress_key);
  const WallTime shown_until = index_with(*table, number)->settles_at;
  while (!job.stopping() && state.clock.now() < shown_until) co_await sleep_for(std::chrono::milliseconds(1));
  if (!removed || job.stopping()) co_return;
  auto change = [number](Table& changed) { remove_index(changed, number); };
  auto forget = [&](store::Transaction& transaction, const Table& changed) {
    transaction.erase(progress_key);
    transaction.erase(counters_key(changed.id, number));
  };
  co_await change_table(job, table, change, forget);
  std::lock_guard lock(table->live->indexes_mutex);
  table->live->index_counters.erase(number);
}

void start(State& state, const TablePtr& table, const Index& index) {
  const bool fills = is_being_filled(&index);
  if (!fills && index.change != IndexStatus::deleting) return;
  const std::string kind = (fills ? "index-fill/" : "index-removal/") + std::to_string(index.number);
  auto work = [&state, table, number = index.number, fills](cluster::Job& job) {
    return fills ? fill_index(state, job, table, number) : erase_index(state, job, table, number);
  };
  start_table_work(state, kind, table, std::move(work));
}

}  // namespace

void start_index_work(State& state, const TablePtr& table, const Table& former) {
  for (const Index& index : table->indexes) {
    const Index* before = index_with(former, index.number);
    if (!before || before->change != index.change) start(state, table, index);
  }
}

void resume_index_work(State& state, const TablePtr& table) {
  for (const Index& index : table->indexes) start(state, table, index);
}

}  // namespace brume::dynamodb
