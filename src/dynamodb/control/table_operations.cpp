#include "dynamodb/control/table_operations.h"

#include <algorithm>

#include "base/bytes.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_definition.h"
#include "dynamodb/index/index_lifecycle.h"
#include "dynamodb/stream/stream_definition.h"
#include "dynamodb/stream/stream_upkeep.h"
#include "dynamodb/table/definition_json.h"
#include "dynamodb/control/table_removal.h"
#include "dynamodb/state/settling.h"
#include "dynamodb/state/table_change.h"
#include "dynamodb/control/table_definition.h"
#include "dynamodb/control/table_description.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

std::string name_in(const json::object& input) {
  const json::value* name = member(input, "TableName");
  if (!name || !name->is_string())
    throw_validation("The parameter 'TableName' is required but was not present in the request");
  return std::string(name->as_string());
}

service::Reply reply_with(std::string_view member, json::object value) {
  service::Reply reply;
  reply.output[member] = std::move(value);
  return reply;
}

bool is_changing(const Table& table, WallTime now) {
  return table.status(now) != TableStatus::active ||
         std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& index) { return index.status(now) != IndexStatus::active; });
}

/// Gives the table its id and writes its record. Errors: ResourceInUseException if the name is taken.
void insert_table(store::Transaction& transaction, WallTime now, Table& table) {
  std::string record;
  if (transaction.get(table.record_key(), record) && decode_table(record).status(now) != TableStatus::gone)
    throw AwsError(kResourceInUse, "Table already exists: " + table.name);
  std::uint32_t next = 1;
  if (transaction.get(next_table_id_key(), record)) next = read_big_endian<std::uint32_t>(record.data());
  table.id = TableId(next);
  std::string after;
  append_big_endian(after, next + 1);
  transaction.put(next_table_id_key(), after);
  transaction.put(table.record_key(), encode_table(table));
  open_first_shard(transaction, table);
}

/// UpdateTable on the newest revision.
void change_definition(const json::object& input, WallTime now, WallTime settles_at, Table& table) {
  if (table.serves_items(now)) check_index_work(input, table, now);
  const TableStatus status = table.status(now);
  // Deletion protection is a switch that does not wait for other changes.
  const bool is_switch = member(input, "DeletionProtectionEnabled") && status == TableStatus::updating;
  if (!is_switch) {
    check_not_in_use(table, now);
    table.change = TableStatus::active;
  }
  if (!update_table_definition(input, now, settles_at, table)) return;
  table.change = TableStatus::updating;
  table.settles_at = settles_at;
}

}  // namespace

void check_not_in_use(const Table& table, WallTime now) {
  std::string_view doing;
  switch (table.status(now)) {
    case TableStatus::creating: doing = "created"; break;
    case TableStatus::updating: doing = "updated"; break;
    case TableStatus::deleting: doing = "deleted"; break;
    case TableStatus::gone: throw_table_not_found(table.name);
    case TableStatus::active: return;
  }
  throw AwsError(kResourceInUse, "Attempt to change a resource which is still in use: Table is being " +
                                     std::string(doing) + ": " + table.name);
}

namespace {

/// What change_table() does in its transaction.
Table change_record(store::Transaction& transaction, const Table& table, const std::function<void(Table&)>& change,
                    const std::function<void(store::Transaction&, const Table&)>& also) {
  std::string record;
  if (!transaction.get(table.record_key(), record)) throw_table_not_found(table.name);
  Table changed = decode_table(record);
  if (changed.id != table.id) throw_table_not_found(table.name);
  change(changed);
  changed.revision += 1;
  transaction.put(changed.record_key(), encode_table(changed));
  if (also) also(transaction, changed);
  return changed;
}

}  // namespace

Task<TablePtr> change_table(State& state, TablePtr table, std::function<void(Table&)> change,
                            std::function<void(store::Transaction&, const Table&)> also) {
  store::LockKeys locks{table->record_key()};
  auto body = [&](store::Transaction& transaction) { return change_record(transaction, *table, change, also); };
  Table changed = co_await state.store.run(std::move(locks), body);
  co_return finish_table(std::move(changed), table->live);
}

Task<TablePtr> change_table(cluster::Job& job, TablePtr table, std::function<void(Table&)> change,
                            std::function<void(store::Transaction&, const Table&)> also) {
  store::LockKeys locks{table->record_key()};
  auto body = [&](store::Transaction& transaction) { return change_record(transaction, *table, change, also); };
  Table changed = co_await job.commit(std::move(locks), body);
  co_return finish_table(std::move(changed), table->live);
}

void check_create_table_name(const json::object& input) {
  const std::string name = name_in(input);
  if (!name.starts_with("arn:")) check_new_table_name(name);
}

Task<service::Reply> create_table(State& state, service::Call& call) {
  check_create_table_name(call.input);
  check_own_account(call, name_in(call.input));
  WallTime now = state.clock.now();
  Table table = define_table(call.input, call.account(), call.region, now, state.random);
  table.created_at = now;
  if (table.billing_mode == BillingMode::pay_per_request) table.pay_per_request_since = now;
  table.change = TableStatus::creating;
  table.settles_at = now + state.options.status_delay;
  if (state.tables.list(table.account, table.region).size() >= state.options.max_tables)
    throw AwsError(kLimitExceeded, "Subscriber limit exceeded: There is a limit of " +
                                       std::to_string(state.options.max_tables) + " tables per subscriber");

  store::LockKeys locks{table.record_key(), next_table_id_key()};
  auto body = [&](store::Transaction& transaction) { insert_table(transaction, now, table); };
  co_await state.store.run(std::move(locks), body);
  const TablePtr created = finish_table(std::move(table), std::make_shared<TableLive>());  // to be shown
  co_return reply_with("TableDescription", describe_created(*created, now));
}

Task<service::Reply> describe_table(State& state, service::Call& call) {
  const std::string name = name_in(call.input);
  TablePtr table = table_for_control(state, call, name);
  const SteadyTime end = settle_end(state);
  while (is_changing(*table, state.clock.now())) {
    const bool waited = co_await wait_to_settle(state, end);
    if (!waited) break;
    table = table_for_control(state, call, name);  // gone by now, perhaps
  }
  co_return reply_with("Table", describe(*table, state.clock.now()));
}

Task<service::Reply> list_tables(State& state, service::Call& call) {
  std::size_t limit = 100;
  if (const json::value* given = call.input.if_contains("Limit"); given && !given->is_null())
    limit = given->to_number<std::size_t>();
  std::string after;
  if (const json::value* given = call.input.if_contains("ExclusiveStartTableName"); given && !given->is_null())
    after = given->as_string();

  json::array names;
  service::Reply reply;
  WallTime now = state.clock.now();
  for (const TablePtr& table : state.tables.list(call.account(), call.region)) {
    if (table->name <= after || table->status(now) == TableStatus::gone) continue;
    if (names.size() == limit) {
      reply.output["LastEvaluatedTableName"] = names.back();
      break;
    }
    names.emplace_back(table->name);
  }
  reply.output["TableNames"] = std::move(names);
  co_return reply;
}

Task<service::Reply> update_table(State& state, service::Call& call) {
  std::string name = name_in(call.input);
  check_update_table(call.input);
  TablePtr table = table_for_control(state, call, name);
  WallTime now = state.clock.now();
  const WallTime settles_at = now + state.options.status_delay;
  Table former;
  auto change = [&](Table& changed) {
    former = changed;
    change_definition(call.input, now, settles_at, changed);
  };
  auto also = [&](store::Transaction& transaction, const Table& changed) {
    if (changed.next_stream_number != former.next_stream_number) open_first_shard(transaction, changed);
  };
  table = co_await change_table(state, table, change, also);
  start_index_work(state, table, former);
  start_stream_work(state, table);
  json::object description = describe(*table, now);
  // AWS answers with the throughput of before, but for a change of the billing mode.
  if (table->billing_mode == former.billing_mode) show_former_throughput(former, description);
  co_return reply_with("TableDescription", std::move(description));
}

Task<service::Reply> delete_table(State& state, service::Call& call) {
  TablePtr table = table_for_control(state, call, name_in(call.input));
  WallTime now = state.clock.now();
  // "If the specified table is already in the DELETING state, no error is returned." (API reference)
  if (table->status(now) == TableStatus::deleting)
    co_return reply_with("TableDescription", describe_deleted(*table, now));
  auto change = [&](Table& changed) {
    if (changed.serves_items(now) && has_index_work(changed, now))
      throw AwsError(kResourceInUse,
                     "Attempt to change a resource which is still in use: Cannot delete table while "
                     "indexes are being created, updated, or deleted.");
    check_not_in_use(changed, now);
    if (changed.deletion_protection)
      throw_validation(
          "Resource cannot be deleted as it is currently protected against deletion. "
          "Disable deletion protection first.");
    changed.change = TableStatus::deleting;
    changed.settles_at = now + state.options.status_delay;
    disable_stream(now, changed);
  };
  auto mark = [](store::Transaction& transaction, const Table& changed) {
    // With the record, because the table's name may be taken again before its items are gone.
    transaction.put(removal_key(changed.id), encode_table(changed));
    transaction.use_reserve();
    retain_streams(transaction, changed);
  };
  table = co_await change_table(state, table, change, mark);
  start_stream_work(state, table);
  start_table_removal(state, table->id, table);
  co_return reply_with("TableDescription", describe_deleted(*table, now));
}

}  // namespace brume::dynamodb
