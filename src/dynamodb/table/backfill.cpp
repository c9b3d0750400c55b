#include "dynamodb/table/backfill.h"

#include <algorithm>

namespace brume::dynamodb {
namespace {

constexpr std::size_t kChunkItems = 500;
constexpr std::size_t kChunkBytes = 512 * 1024;

/// Keys of the next items in their order.
std::vector<std::string> next_keys(store::Reader& reader, const store::Range& range) {
  std::vector<std::string> keys;
  std::size_t bytes = 0;
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    if (keys.size() >= kChunkItems || bytes >= kChunkBytes) break;
    keys.emplace_back(cursor->key());
    bytes += cursor->value().size();
  }
  return keys;
}

/// Reads the chunk again now that its latches are held. An item that appeared in between is passed over: its latch is
/// not held, and its writer has done the work.
std::size_t visit_chunk(store::Transaction& transaction, const std::vector<std::string>& keys,
                        const std::string& progress_key, const BackfillVisitor& visit) {
  std::size_t items = 0;
  store::Range range{keys.front(), keys.back() + '\0'};
  for (auto cursor = transaction.scan(range); cursor->valid(); cursor->next()) {
    if (!std::binary_search(keys.begin(), keys.end(), cursor->key())) continue;
    visit(transaction, cursor->key(), wire::ItemView(cursor->value()));
    items += 1;
  }
  transaction.put(progress_key, range.end);
  return items;
}

Task<std::string> read_progress(State& state, const Table& table, const std::string& progress_key) {
  std::string begin;
  const bool found = co_await state.store.get(progress_key, begin);
  co_return found ? begin : table.key_prefix;
}

Task<> erase_progress(State& state, const std::string& progress_key) {
  store::LockKeys locks{progress_key};
  auto body = [&](store::Transaction& transaction) { transaction.erase(progress_key); };
  co_await state.store.run(std::move(locks), body);
}

}  // namespace

Task<bool> backfill_items(State& state, TablePtr table, std::string progress_key, BackfillVisitor visit,
                          BackfillProgress progressed) {
  store::Range range = store::Range::of_prefix(table->key_prefix);
  range.begin = co_await read_progress(state, *table, progress_key);
  while (!state.stopping && !table->live->gate.closed()) {
    auto read = [&](store::Reader& reader) { return next_keys(reader, range); };
    const std::vector<std::string> keys = co_await state.store.read(read);
    if (keys.empty()) {
      co_await erase_progress(state, progress_key);
      co_return true;
    }
    WriteGate::Pass pass(table->live->gate);  // a remover waits for the chunk under way
    if (!pass) co_return false;
    store::LockKeys locks = keys;
    auto body = [&](store::Transaction& transaction) { return visit_chunk(transaction, keys, progress_key, visit); };
    const std::size_t items = co_await state.store.run(std::move(locks), body);
    if (progressed) progressed(items);
    range.begin = keys.back() + '\0';
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
  co_return false;
}

}  // namespace brume::dynamodb
