#include "dynamodb/table/maintenance.h"

#include "base/log.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

constexpr std::chrono::milliseconds kPoll{2};

/// Removes up to one chunk; returns the last key that went, "" if there was none.
std::string remove_chunk(store::Transaction& transaction, const store::Range& range, std::size_t limit) {
  std::vector<std::string> keys;
  auto cursor = transaction.scan(range);
  for (; cursor->valid() && keys.size() < limit; cursor->next()) keys.emplace_back(cursor->key());
  for (const std::string& key : keys) transaction.erase(key);
  return keys.empty() ? std::string() : std::move(keys.back());
}

Task<> remove_items(State& state, TableId table) {
  store::Range range = store::Range::of_prefix(items_prefix(table));
  while (!state.stopping) {
    store::LockKeys locks{removal_key(table)};
    auto body = [&](store::Transaction& t) { return remove_chunk(t, range, state.options.removal_chunk_items); };
    std::string last = co_await state.store.run(std::move(locks), body);
    if (last.empty()) co_return;
    // Each chunk begins where the last one ended: from the front it would walk over all that is gone already.
    range.begin = std::move(last);
    range.begin.push_back('\0');
  }
}

Task<> forget_table(State& state, TableId table, TablePtr deleted) {
  store::LockKeys locks{removal_key(table)};
  if (deleted) locks.push_back(deleted->record_key());
  auto body = [&](store::Transaction& transaction) {
    transaction.erase(removal_key(table));
    transaction.erase(counters_key(table));
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
  co_await remove_items(state, table);
  while (!state.stopping && deleted && deleted->status(state.clock.now()) == TableStatus::deleting)
    co_await sleep_for(kPoll);
  if (state.stopping) co_return;
  co_await forget_table(state, table, deleted);
}

struct Chunk {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
  std::string next;  ///< where the next chunk begins; empty at the end
};

Chunk count_chunk(store::Reader& reader, const store::Range& range) {
  constexpr std::int64_t kItems = 500, kBytes = 128 * 1024;
  Chunk chunk;
  auto cursor = reader.scan(range);
  for (; cursor->valid(); cursor->next()) {
    if (chunk.items >= kItems || chunk.bytes >= kBytes) {
      chunk.next = cursor->key();
      break;
    }
    chunk.items += 1;
    chunk.bytes += static_cast<std::int64_t>(wire::item_size(wire::ItemView(cursor->value())));
  }
  return chunk;
}

Task<> recount(State& state, const Table& table) {
  TableCounters& counters = table.live->counters;
  store::Range range = store::Range::of_prefix(table.key_prefix);
  counters.start_recount();
  while (!state.stopping) {
    auto body = [&](store::Reader& reader) { return count_chunk(reader, range); };
    Chunk chunk = co_await state.store.read(body);
    counters.add_chunk(chunk.items, chunk.bytes, chunk.next.empty() ? range.end : chunk.next);
    if (chunk.next.empty()) break;
    range.begin = std::move(chunk.next);
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
  if (!state.stopping) counters.finish_recount();
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

Task<> remove_table_items(State& state, State::Background background, TableId table, TablePtr deleted) {
  State::Background under_way = std::move(background);
  co_await logged(remove_table(state, table, std::move(deleted)), "dynamodb_table_removal_failed");
}

Task<> recount_table(State& state, State::Background background, TablePtr table) {
  State::Background under_way = std::move(background);
  co_await logged(recount(state, *table), "dynamodb_recount_failed");
}

}  // namespace brume::dynamodb
