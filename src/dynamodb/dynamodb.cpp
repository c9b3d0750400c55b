#include "dynamodb/dynamodb.h"

#include <map>

#include "base/log.h"
#include "dynamodb/background.h"
#include "dynamodb/table/maintenance.h"
#include "dynamodb/operations.h"
#include "dynamodb/state.h"
#include "dynamodb/ttl/expiry_sweeper.h"
#include "dynamodb/ttl/ttl_operations.h"

namespace brume::dynamodb {
namespace {

/// What the store holds about tables.
struct Loaded {
  std::vector<Table> tables;
  std::vector<TableId> removals;
  std::map<TableId, std::pair<std::int64_t, std::int64_t>> counters;
  bool clean_stop = false;
};

Loaded load(store::Reader& reader) {
  Loaded loaded;
  for (auto cursor = reader.scan(table_records()); cursor->valid(); cursor->next())
    loaded.tables.push_back(decode_table(cursor->value()));
  for (auto cursor = reader.scan(removals()); cursor->valid(); cursor->next())
    if (auto table = decode_removal_key(cursor->key())) loaded.removals.push_back(*table);
  std::string value;
  loaded.clean_stop = reader.get(clean_stop_key(), value);
  for (const Table& table : loaded.tables) {
    std::int64_t items = 0, bytes = 0;
    if (reader.get(counters_key(table.id), value) && decode_counters(value, items, bytes))
      loaded.counters[table.id] = {items, bytes};
  }
  return loaded;
}

/// Publishes the tables; returns them by id.
std::map<TableId, TablePtr> publish(State& state, Loaded& loaded) {
  std::map<TableId, TablePtr> by_id;
  std::vector<TablePtr> tables;
  for (Table& table : loaded.tables) {
    auto live = std::make_shared<TableLive>();
    auto counters = loaded.counters.find(table.id);
    if (counters != loaded.counters.end()) live->counters.load(counters->second.first, counters->second.second);
    tables.push_back(finish_table(std::move(table), std::move(live)));
    by_id[tables.back()->id] = tables.back();
  }
  state.tables.load(std::move(tables));
  return by_id;
}

/// True if the counters in the store agree with the items; then they are no longer marked so.
Task<> forget_clean_stop(State& state) {
  store::LockKeys locks{clean_stop_key()};
  auto body = [](store::Transaction& transaction) { transaction.erase(clean_stop_key()); };
  co_await state.store.run(std::move(locks), body);
}

Task<> write_counters(State& state, bool exact) {
  std::vector<TablePtr> tables = state.tables.all();
  store::LockKeys locks{clean_stop_key()};
  auto body = [&](store::Transaction& transaction) {
    for (const TablePtr& table : tables) {
      const TableCounters& counters = table->live->counters;
      transaction.put(counters_key(table->id), encode_counters(counters.items(), counters.bytes()));
    }
    if (exact) transaction.put(clean_stop_key(), "");
  };
  co_await state.store.run(std::move(locks), body);
}

}  // namespace

DynamoDb::DynamoDb(store::Store& store, BlockingPool& pool, Clock& clock, Random& random, Options options)
    : state_(new State{store, pool, clock, random, options, {}, std::nullopt, false, 0, {}}) {}

DynamoDb::~DynamoDb() = default;

Task<> DynamoDb::open() {
  State& state = *state_;
  auto home = co_await this_loop;
  state.home = home;
  Loaded loaded = co_await state.store.read(load);
  std::vector<TableId> removals = loaded.removals;
  bool exact = loaded.clean_stop;
  std::map<TableId, TablePtr> tables = publish(state, loaded);
  co_await forget_clean_stop(state);

  for (TableId id : removals) {
    auto deleted = tables.find(id);
    spawn(home, remove_table_items(state, State::Background(state), id,
                                   deleted == tables.end() ? nullptr : deleted->second));
  }
  for (const auto& [id, table] : tables)
    if (table->time_to_live && table->time_to_live->backfilling && table->change != TableStatus::deleting)
      spawn(home, finish_time_to_live_change(state, State::Background(state), table));
  repeat(state, state.options.expiry_sweep_interval, "dynamodb_expiry_sweep_failed", sweep_expired_items);
  if (exact || tables.empty()) co_return;
  log_info("dynamodb_recount", {{"tables", tables.size()}, {"reason", "the last stop was not a clean one"}});
  for (const auto& [id, table] : tables)
    if (table->change != TableStatus::deleting) spawn(home, recount_table(state, State::Background(state), table));
}

service::Service DynamoDb::service() { return make_service(*state_); }

Task<> DynamoDb::stop_background() {
  State& state = *state_;
  state.stopping = true;
  end_rests(state);
  while (state.background.load() > 0) co_await sleep_for(std::chrono::milliseconds(1));
}

Task<> DynamoDb::close() {
  co_await stop_background();
  State& state = *state_;
  // A recount that was cut short leaves numbers that nobody should trust.
  bool exact = true;
  for (const TablePtr& table : state.tables.all()) exact = exact && !table->live->counters.recounting();
  co_await write_counters(state, exact);
}

}  // namespace brume::dynamodb
