#include "dynamodb/ttl/ttl_operations.h"

#include "dynamodb/request/errors.h"
#include "dynamodb/state/settling.h"
#include "dynamodb/state/table_change.h"
#include "dynamodb/state/write_pass.h"
#include "dynamodb/index/expiry_index.h"
#include "dynamodb/state/table_work.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

/// Is ENABLING or DISABLING shown?
bool changing(const TimeToLive& settings, WallTime now) { return settings.backfilling || now < settings.settles_at; }

void apply_specification(const std::string& attribute, bool enable, WallTime now, const Options& options,
                         Table& table) {
  const std::optional<TimeToLive>& current = table.time_to_live;
  if (current && current->enabled) {
    if (current->attribute != attribute)
      throw_validation("TimeToLive is active on a different AttributeName: current AttributeName is " +
                       current->attribute);
    if (enable) throw_validation("TimeToLive is already enabled");
  } else if (!enable) {
    throw_validation("TimeToLive is already disabled");
  }
  // What would change nothing was refused above, as AWS does whenever the last change was.
  if (current && (changing(*current, now) || now < current->settles_at + options.ttl_change_interval))
    throw_validation("Time to live has been modified multiple times within a fixed interval");
  table.time_to_live = TimeToLive{attribute, enable, now + options.status_delay, true};
}

/// Takes the table's records out of the expiry index; returns where to go on, "" at the end.
std::string erase_expiry_chunk(store::Transaction& transaction, TableId table, const store::Range& range) {
  constexpr std::size_t kEntries = 2000;
  std::size_t seen = 0;
  auto cursor = transaction.scan(range);
  for (; cursor->valid() && seen < kEntries; cursor->next(), ++seen) {
    auto parts = decode_expiry_key(cursor->key());
    if (!parts) continue;
    auto item = decode_item_key(parts->item_key);
    if (item && item->table == table) transaction.erase(cursor->key());
  }
  return cursor->valid() ? std::string(cursor->key()) : std::string();
}

Task<> erase_expiry_records(cluster::Job& job, const Table& table) {
  store::Range range = all_expiry_records();
  do {
    store::LockKeys locks{backfill_key(table.id, 'e', 0)};
    auto body = [&](store::Transaction& transaction) { return erase_expiry_chunk(transaction, table.id, range); };
    range.begin = co_await job.commit(std::move(locks), body);
  } while (!range.begin.empty() && !job.stopping());
}

Task<> finish_change(State& state, cluster::Job& job, TablePtr table) {
  co_await wait_for_former_writers(table);
  bool finished = true;
  if (table->time_to_live->enabled) finished = co_await fill_expiry_index(state, job, table);
  else co_await erase_expiry_records(job, *table);
  if (!finished || job.stopping()) co_return;
  auto done = [](Table& changed) { changed.time_to_live->backfilling = false; };
  co_await change_table(job, table, done);
}

}  // namespace

void finish_time_to_live_change(State& state, TablePtr table) {
  auto work = [&state, table](cluster::Job& job) { return finish_change(state, job, table); };
  start_table_work(state, "ttl-change", table, std::move(work));
}

Task<service::Reply> update_time_to_live(State& state, service::Call& call) {
  const json::object& specification = call.input.at("TimeToLiveSpecification").as_object();
  const std::string attribute(specification.at("AttributeName").as_string());
  const bool enable = specification.at("Enabled").as_bool();
  TablePtr table = table_for_control(state, call, call.input.at("TableName").as_string());
  const WallTime now = state.clock.now();
  check_not_in_use(*table, now);
  auto change = [&](Table& changed) { apply_specification(attribute, enable, now, state.options, changed); };
  table = co_await change_table(state, table, change);
  finish_time_to_live_change(state, table);
  service::Reply reply;
  reply.output["TimeToLiveSpecification"] = json::object{{"AttributeName", attribute}, {"Enabled", enable}};
  co_return reply;
}

Task<service::Reply> describe_time_to_live(State& state, service::Call& call) {
  const std::string name(call.input.at("TableName").as_string());
  TablePtr table = table_for_control(state, call, name);
  const SteadyTime end = settle_end(state);
  while (table->time_to_live && changing(*table->time_to_live, state.clock.now())) {
    const bool waited = co_await wait_to_settle(state, end);
    if (!waited) break;
    table = table_for_control(state, call, name);
  }
  json::object description{{"TimeToLiveStatus", "DISABLED"}};
  if (const auto& settings = table->time_to_live) {
    const bool under_way = changing(*settings, state.clock.now());
    if (settings->enabled) description["TimeToLiveStatus"] = under_way ? "ENABLING" : "ENABLED";
    else if (under_way) description["TimeToLiveStatus"] = "DISABLING";
    if (settings->enabled || under_way) description["AttributeName"] = settings->attribute;
  }
  service::Reply reply;
  reply.output["TimeToLiveDescription"] = std::move(description);
  co_return reply;
}

}  // namespace brume::dynamodb
