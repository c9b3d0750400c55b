#include "dynamodb/ttl/expiry_sweeper.h"

#include <map>
#include <memory>
#include <vector>

#include "dynamodb/item/item_writer.h"
#include "dynamodb/state/write_pass.h"
#include "dynamodb/index/expiry_index.h"

namespace brume::dynamodb {
namespace {

constexpr std::size_t kChunk = 100;

struct Expired {
  std::string record;  ///< key of the expiry record
  std::string item_key;
  std::uint64_t second = 0;
  TableId table{};
};

struct Deleted {
  const Expired* expired = nullptr;
  ChangeEffect effect;
};

using TablesById = std::map<TableId, TablePtr>;

std::vector<Expired> read_chunk(store::Reader& reader, const store::Range& range) {
  std::vector<Expired> chunk;
  for (auto cursor = reader.scan(range); cursor->valid() && chunk.size() < kChunk; cursor->next()) {
    auto parts = decode_expiry_key(cursor->key());
    auto item = parts ? decode_item_key(parts->item_key) : std::nullopt;
    if (!item) continue;
    const TableId table = item->table;
    chunk.push_back({std::string(cursor->key()), std::move(parts->item_key), parts->second, table});
  }
  return chunk;
}

/// Deletes those of `chunk`, all of one table, that still expire.
std::vector<Deleted> delete_expired(store::Transaction& transaction, const Table& table, WallTime now,
                                    const std::vector<Expired>& chunk) {
  std::vector<Deleted> deleted;
  ItemWriter writer(transaction, now);
  std::string item;
  for (const Expired& expired : chunk) {
    const bool exists = transaction.get(expired.item_key, item);
    const auto second = exists ? expiry_of(*table.time_to_live, wire::ItemView(item)) : std::nullopt;
    if (second != expired.second) continue;  // an update was faster and moved the record
    const ItemChange change{
        .key = expired.item_key, .before = wire::ItemView(item), .after = {}, .by_time_to_live = true};
    deleted.push_back({&expired, writer.write(table, change)});
  }
  return deleted;
}

Task<> sweep_chunk(State& state, cluster::Job& job, TablePtr table, std::vector<Expired> chunk) {
  // A table that is being removed takes its expiry records with it.
  if (table->live->gate.closed()) co_return;
  WritePass pass(state, table);
  if (!pass.table().has_expiry_index()) co_return;
  store::LockKeys locks;
  for (const Expired& expired : chunk) locks.push_back(expired.item_key);
  const WallTime now = state.clock.now();
  auto body = [&](store::Transaction& transaction) { return delete_expired(transaction, pass.table(), now, chunk); };
  const std::vector<Deleted> deleted = co_await job.commit(std::move(locks), body);
  for (const Deleted& item : deleted) count_change(pass.table(), item.expired->item_key, item.effect);
}

TablesById tables_with_expiry(const State& state) {
  TablesById tables;
  for (TablePtr& table : state.tables.all())
    if (table->has_expiry_index()) tables[table->id] = std::move(table);
  return tables;
}

std::uint64_t seconds(WallTime time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

Task<> sweep_expired_items(State& state, cluster::Job& job) {
  const TablesById tables = tables_with_expiry(state);
  if (tables.empty()) co_return;
  const WallTime now = state.clock.now();
  store::Range range = expired_by(seconds(now));
  range.begin = state.expiry_mark.begin(expired_by(seconds(now - kOldestExpiry)).end, state.clock.monotonic());
  while (!job.stopping()) {
    auto body = [&](store::Reader& reader) { return read_chunk(reader, range); };
    std::vector<Expired> chunk = co_await state.store.read(body);
    state.expiry_mark.looked(state.clock.monotonic());
    if (chunk.empty()) co_return;
    range.begin = chunk.back().record;
    range.begin.push_back('\0');
    std::map<TableId, std::vector<Expired>> by_table;
    for (Expired& expired : chunk) by_table[expired.table].push_back(std::move(expired));
    for (auto& [id, items] : by_table) {
      auto table = tables.find(id);
      if (table != tables.end()) co_await sweep_chunk(state, job, table->second, std::move(items));
    }
    state.expiry_mark.passed(range.begin);
  }
}

}  // namespace brume::dynamodb
