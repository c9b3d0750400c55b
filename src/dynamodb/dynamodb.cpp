#include "dynamodb/dynamodb.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "dynamodb/index/index_lifecycle.h"
#include "dynamodb/control/table_removal.h"
#include "dynamodb/index/recount.h"
#include "dynamodb/operations.h"
#include "dynamodb/state/state.h"
#include "dynamodb/stream/stream_operations.h"
#include "dynamodb/stream/stream_upkeep.h"
#include "dynamodb/transaction/client_tokens.h"
#include "dynamodb/ttl/expiry_sweeper.h"
#include "dynamodb/ttl/ttl_operations.h"

namespace brume::dynamodb {
namespace {

/// What the store holds about tables.
struct Loaded {
  std::vector<Table> tables;
  std::vector<TableId> removals;
  std::set<std::string> damaged;                ///< keys of table records that are none
  std::map<std::string, std::string> counters;  ///< by their keys
  bool clean_stop = false;
};

Loaded load(store::Reader& reader) {
  Loaded loaded;
  for (auto cursor = reader.scan(table_records()); cursor->valid(); cursor->next()) {
    try {
      loaded.tables.push_back(decode_table(cursor->value()));
    } catch (const std::exception& error) {  // of the decoding alone; the other tables are still to be served
      std::string shown(cursor->key().substr(2));
      std::replace(shown.begin(), shown.end(), '\0', '/');
      log_error("dynamodb_table_unusable", {{"table", shown}, {"error", error.what()}});
      loaded.damaged.emplace(cursor->key());
    }
  }
  for (auto cursor = reader.scan(removals()); cursor->valid(); cursor->next())
    if (auto table = decode_removal_key(cursor->key())) loaded.removals.push_back(*table);
  std::string value;
  loaded.clean_stop = reader.get(clean_stop_key(), value);
  for (const Table& table : loaded.tables)
    for (auto cursor = reader.scan(counters_of(table.id)); cursor->valid(); cursor->next())
      loaded.counters.emplace(cursor->key(), cursor->value());
  return loaded;
}

/// Counters without a record, or from before a crash, are not exact.
void load_counters(const Loaded& loaded, const std::string& key, TableCounters& counters) {
  std::int64_t items = 0, bytes = 0;
  auto record = loaded.counters.find(key);
  const bool found = record != loaded.counters.end() && decode_counters(record->second, items, bytes);
  counters.load(items, bytes, found && loaded.clean_stop);
}

/// Keeps the tables; returns them by id.
std::map<TableId, TablePtr> keep(Tables::Load& load, Loaded& loaded) {
  std::map<TableId, TablePtr> by_id;
  for (const std::string& key : loaded.damaged) load.keep_damaged(key);
  for (Table& table : loaded.tables) {
    const TablePtr finished = finish_table(std::move(table), std::make_shared<TableLive>());
    load_counters(loaded, counters_key(finished->id), finished->live->counters);
    for (const Index& index : finished->indexes)
      load_counters(loaded, counters_key(finished->id, index.number), *index.counters);
    if (TablePtr kept = load.keep(finished)) by_id[kept->id] = std::move(kept);
  }
  return by_id;
}

/// The counters in the store are no longer those of the items.
Task<> forget_clean_stop(State& state) {
  store::LockKeys locks{clean_stop_key()};
  auto body = [](store::Transaction& transaction) { transaction.erase(clean_stop_key()); };
  co_await state.store.run(std::move(locks), body);
}

void write_counters(store::Transaction& transaction, const std::string& key, const TableCounters& counters) {
  if (counters.exact()) transaction.put(key, encode_counters(counters.items(), counters.bytes()));
  else transaction.erase(key);  // counted again after the next start
}

Task<> write_all_counters(State& state) {
  std::vector<TablePtr> tables = state.tables.all();
  store::LockKeys locks{clean_stop_key()};
  auto body = [&](store::Transaction& transaction) {
    for (const TablePtr& table : tables) {
      write_counters(transaction, counters_key(table->id), table->live->counters);
      for (const Index& index : table->indexes)
        write_counters(transaction, counters_key(table->id, index.number), *index.counters);
    }
    transaction.put(clean_stop_key(), "");
    transaction.use_reserve();  // else every item is counted again
  };
  co_await state.store.run(std::move(locks), body);
}

bool is_counted(const Table& table) {
  bool exact = table.live->counters.exact();
  for (const Index& index : table.indexes)
    exact = exact && (index.backfilling || !index.takes_writes() || index.counters->exact());
  return exact;
}

/// Starts to count again what is not exact.
void recount_tables(State& state, const std::map<TableId, TablePtr>& tables) {
  std::size_t count = 0;
  for (const auto& [id, table] : tables) {
    if (table->change == TableStatus::deleting || is_counted(*table)) continue;
    count += 1;
    start_recount(state, table);
  }
  if (count != 0) log_info("dynamodb_recount", {{"tables", count}, {"reason", "their items are not counted exactly"}});
}

void repeat(State& state, std::string_view name, std::chrono::milliseconds interval,
            Task<> (*work)(State&, cluster::Job&)) {
  cluster::JobPlan plan;
  plan.name = name;
  plan.interval = interval;
  state.jobs.repeat(std::move(plan), [&state, work](cluster::Job& job) { return work(state, job); });
}

}  // namespace

DynamoDb::DynamoDb(store::Store& store, BlockingPool& pool, Clock& clock, Random& random, cluster::Leases& leases,
                   Options options)
    : state_(new State{
          .store = store, .pool = pool, .clock = clock, .random = random, .leases = leases, .options = options}) {}

DynamoDb::~DynamoDb() = default;

Task<> DynamoDb::open() {
  State& state = *state_;
  state.jobs.open(co_await this_loop);
  Tables::Load found(state.tables);
  Loaded loaded = co_await state.store.read(load);
  std::vector<TableId> removals = loaded.removals;
  std::map<TableId, TablePtr> tables = keep(found, loaded);
  co_await forget_clean_stop(state);
  co_await open_streams(state);

  for (TableId id : removals) {
    auto deleted = tables.find(id);
    start_table_removal(state, id, deleted == tables.end() ? nullptr : deleted->second);
  }
  for (const auto& [id, table] : tables)
    if (table->time_to_live && table->time_to_live->backfilling && table->change != TableStatus::deleting)
      finish_time_to_live_change(state, table);
  repeat(state, "dynamodb/expiry", state.options.expiry_sweep_interval, sweep_expired_items);
  repeat(state, "dynamodb/streams", state.options.stream_upkeep_interval, keep_streams);
  repeat(state, "dynamodb/client-tokens", kClientTokenSweepInterval, remove_expired_tokens);
  for (const auto& [id, table] : tables)
    if (table->change != TableStatus::deleting) resume_index_work(state, table);
  recount_tables(state, tables);
}

service::Service DynamoDb::service() { return make_service(*state_); }

service::Service DynamoDb::streams_service() { return make_streams_service(*state_); }

Task<> DynamoDb::stop_background() {
  State& state = *state_;
  co_await state.jobs.close();
}

Task<> DynamoDb::close() {
  co_await stop_background();
  co_await write_all_counters(*state_);
}

}  // namespace brume::dynamodb
