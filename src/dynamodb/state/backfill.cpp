#include "dynamodb/state/backfill.h"

namespace brume::dynamodb {
namespace {

// The loop is kept for some milliseconds by one chunk.
constexpr std::size_t kChunkItems = 500;
constexpr std::size_t kChunkBytes = 512 * 1024;

/// Keys of the next items in their order.
std::vector<std::string> next_keys(store::Reader& reader, const store::Range& range) {
  std::vector<std::string> keys;
  keys.reserve(kChunkItems);
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
void visit_chunk(store::Transaction& transaction, const Backfill& backfill, const std::vector<std::string>& keys,
                 const std::string& end) {
  if (backfill.begin_chunk) backfill.begin_chunk();
  auto key = keys.begin();
  for (auto cursor = transaction.scan({keys.front(), end}); cursor->valid(); cursor->next()) {
    while (key != keys.end() && *key < cursor->key()) ++key;
    if (key != keys.end() && *key == cursor->key())
      backfill.visit(transaction, cursor->key(), wire::ItemView(cursor->value()));
  }
  transaction.put(backfill.progress_key, end);
}

Task<> erase_progress(cluster::Job& job, const std::string& progress_key) {
  store::LockKeys locks{progress_key};
  auto body = [&](store::Transaction& transaction) { transaction.erase(progress_key); };
  co_await job.commit(std::move(locks), body);
}

}  // namespace

Task<bool> has_backfill_progress(State& state, std::string progress_key) {
  std::string begin;
  co_return co_await state.store.get(progress_key, begin);
}

Task<BackfillEnd> backfill_items(State& state, cluster::Job& job, Backfill backfill) {
  store::Range range = store::Range::of_prefix(backfill.table->key_prefix);
  std::string begin;
  const bool resumed = co_await state.store.get(backfill.progress_key, begin);
  if (resumed) range.begin = std::move(begin);
  while (!job.stopping()) {
    auto read = [&](store::Reader& reader) { return next_keys(reader, range); };
    const std::vector<std::string> keys = co_await state.store.read(read);
    WriteGate::Pass pass(backfill.table->live->gate);  // a remover waits for the chunk under way
    if (!pass || (backfill.wanted && !backfill.wanted())) co_return BackfillEnd::stopped;
    if (keys.empty()) {
      co_await erase_progress(job, backfill.progress_key);
      co_return BackfillEnd::done;
    }
    const std::string end = keys.back() + '\0';
    store::LockKeys locks = keys;
    auto body = [&](store::Transaction& transaction) { visit_chunk(transaction, backfill, keys, end); };
    co_await job.commit(std::move(locks), body);
    if (backfill.committed) backfill.committed(end);
    range.begin = end;
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
  co_return BackfillEnd::stopped;
}

}  // namespace brume::dynamodb
