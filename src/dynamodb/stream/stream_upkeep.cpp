#include "dynamodb/stream/stream_upkeep.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"
#include "dynamodb/stream/stream_reader.h"
#include "dynamodb/state/range_removal.h"
#include "dynamodb/state/table_change.h"
#include "dynamodb/state/table_work.h"
#include "dynamodb/state/write_pass.h"

namespace brume::dynamodb {
namespace {

/// What a look at a stream came to.
struct Look {
  WallTime due_at;    ///< of the next one
  bool more = false;  ///< there is more to trim right now
};

/// Opens the next shard if the open one has had its time.
void roll_over(store::Transaction& transaction, const Stream& stream, const Options& options, WallTime now,
               Look& look) {
  std::optional<ShardMark> last = last_mark(transaction, stream.key_prefix);
  if (!last || last->ends_stream || !stream.enabled()) return;
  if (now >= last->at + options.stream_shard_duration)
    last = open_next_shard(transaction, stream.key_prefix, *last, now);
  look.due_at = std::min(look.due_at, last->at + options.stream_shard_duration);
}

/// Erases a chunk of records that are too old; returns the place of the first that stays.
StreamPosition trim_records(store::Transaction& transaction, const Stream& stream, const Options& options, WallTime now,
                            StreamPosition visible, Look& look) {
  const std::string& prefix = stream.key_prefix;
  const StreamPosition horizon{trim_horizon(transaction, prefix), 0};
  std::vector<std::string> keys;
  auto cursor = transaction.scan(stream_record_range(prefix, horizon, visible));
  for (; cursor->valid() && keys.size() < options.removal_chunk_items; cursor->next()) {
    if (creation_time(cursor->value()) + options.stream_retention > now) break;
    keys.emplace_back(cursor->key());
  }
  StreamPosition first_kept = visible;
  if (cursor->valid()) {
    first_kept = position_in(cursor->key());
    look.due_at = std::min(look.due_at, creation_time(cursor->value()) + options.stream_retention);
    look.more = keys.size() >= options.removal_chunk_items;
  }
  if (keys.empty()) return first_kept;
  for (const std::string& key : keys) transaction.erase(key);
  std::string version;
  append_big_endian(version, first_kept.version);
  transaction.put(trim_horizon_key(prefix), version);
  return first_kept;
}

/// Forgets shards that were closed long ago and hold nothing any more.
void trim_shards(store::Transaction& transaction, const Stream& stream, const Options& options, WallTime now,
                 StreamPosition first_kept, Look& look) {
  for (const Shard& shard : read_shards(transaction, stream.key_prefix)) {
    if (!shard.closed) return;
    const WallTime over_at = shard.closed->at + options.stream_retention;
    if (over_at > now) {
      look.due_at = std::min(look.due_at, over_at);
      return;
    }
    if (first_kept < *shard.end()) return;
    transaction.erase(shard_mark_key(stream.key_prefix, shard.opened.number));
  }
}

Look look_at(store::Transaction& transaction, const Stream& stream, const Options& options, WallTime now,
             StreamPosition visible) {
  Look look{now + options.stream_retention, false};
  roll_over(transaction, stream, options, now, look);
  const StreamPosition first_kept = trim_records(transaction, stream, options, now, visible, look);
  trim_shards(transaction, stream, options, now, first_kept, look);
  return look;
}

Task<> keep_stream(State& state, cluster::Job& job, const Stream& stream, StreamCare& care) {
  Look look;
  do {
    const WallTime now = state.clock.now();
    // Only what every reader can see already: an older commit that is still under way must not fall behind the horizon.
    const StreamPosition visible = latest_position(state);
    store::LockKeys locks{stream.key_prefix};
    auto body = [&](store::Transaction& t) { return look_at(t, stream, state.options, now, visible); };
    look = co_await job.commit(std::move(locks), body);
    care = {now, look.due_at};
  } while (look.more && !job.stopping());
}

Task<bool> remove_stream(State& state, cluster::Job& job, TableId table, const Stream& stream) {
  store::Range range = store::Range::of_prefix(stream.key_prefix);
  const bool removed = co_await remove_range(state, job, std::move(range), stream.key_prefix);
  if (removed) state.stream_care.erase({table, stream.number});
  co_return removed;
}

bool is_over(const State& state, const Stream& stream) {
  return stream.disabled_at && state.clock.now() >= *stream.disabled_at + state.options.stream_retention;
}

/// Gives every stream of the table its care; returns the numbers of those that are removed.
Task<std::vector<std::uint32_t>> keep_streams_of(State& state, cluster::Job& job, TablePtr table) {
  std::vector<std::uint32_t> removed;
  for (const Stream& stream : table->streams) {
    if (job.stopping()) break;
    if (is_over(state, stream)) {
      const bool gone = co_await remove_stream(state, job, table->id, stream);
      if (gone) removed.push_back(stream.number);
      continue;
    }
    StreamCare& care = state.stream_care[{table->id, stream.number}];
    if (care.is_due(state.clock.now())) co_await keep_stream(state, job, stream, care);
  }
  co_return removed;
}

Task<> keep_table(State& state, cluster::Job& job, TablePtr table) {
  const std::vector<std::uint32_t> removed = co_await keep_streams_of(state, job, table);
  if (removed.empty()) co_return;
  auto forget = [&](Table& changed) {
    std::erase_if(changed.streams, [&](const Stream& stream) {
      return std::find(removed.begin(), removed.end(), stream.number) != removed.end();
    });
  };
  co_await change_table(job, table, forget);
}

Task<> keep_former_table(State& state, cluster::Job& job, TablePtr table) {
  const std::vector<std::uint32_t> removed = co_await keep_streams_of(state, job, table);
  if (removed.size() < table->streams.size()) co_return;
  store::LockKeys locks{former_table_key(table->id)};
  auto body = [&](store::Transaction& transaction) { transaction.erase(former_table_key(table->id)); };
  co_await job.commit(std::move(locks), body);
  state.former_tables.remove(table->id);
}

/// Ends the streams of the table that are disabled. Nobody writes to them any more.
Task<> end_disabled_streams(State& state, TablePtr table) {
  for (const Stream& stream : table->streams) {
    if (stream.enabled()) continue;
    const WallTime now = state.clock.now();
    store::LockKeys locks{stream.key_prefix};
    auto body = [&](store::Transaction& transaction) { end_stream(transaction, stream.key_prefix, now); };
    co_await state.store.run(std::move(locks), body);
  }
}

Task<> end_streams(State& state, TablePtr table) {
  co_await wait_for_former_writers(table);
  co_await end_disabled_streams(state, table);
}

}  // namespace

Task<> open_streams(State& state) {
  auto read = [](store::Reader& reader) {
    std::vector<Table> tables;
    for (auto cursor = reader.scan(former_table_records()); cursor->valid(); cursor->next()) {
      try {
        tables.push_back(decode_table(cursor->value()));
      } catch (const std::exception& error) {  // of the decoding alone
        log_error("dynamodb_former_table_unusable", {{"error", error.what()}});
      }
    }
    return tables;
  };
  std::vector<Table> former = co_await state.store.read(read);
  for (Table& table : former) state.former_tables.add(finish_table(std::move(table), std::make_shared<TableLive>()));
  for (const TablePtr& table : state.former_tables.all()) co_await end_disabled_streams(state, table);
  for (const TablePtr& table : state.tables.all()) co_await end_disabled_streams(state, table);
}

void retain_streams(store::Transaction& transaction, const Table& deleted) {
  if (!deleted.streams.empty()) transaction.put(former_table_key(deleted.id), encode_table(deleted));
}

void start_stream_work(State& state, TablePtr table) {
  if (table->streams.empty() || table->stream()) return;
  if (table->change == TableStatus::deleting) state.former_tables.add(table);
  auto work = [&state, table](cluster::Job&) { return end_streams(state, table); };
  start_table_work(state, "stream-end", table, std::move(work));
}

Task<> keep_streams(State& state, cluster::Job& job) {
  for (const TablePtr& table : state.tables.all()) {
    if (job.stopping()) co_return;
    // Streams of a table that is being deleted are among those of the former ones.
    if (!table->streams.empty() && table->change != TableStatus::deleting) co_await keep_table(state, job, table);
  }
  for (const TablePtr& table : state.former_tables.all()) {
    if (job.stopping()) co_return;
    co_await keep_former_table(state, job, table);
  }
}

}  // namespace brume::dynamodb
