#include "dynamodb/table/table_operations.h"

#include "base/bytes.h"
#include "dynamodb/errors.h"
#include "dynamodb/table/maintenance.h"
#include "dynamodb/table/table_change.h"
#include "dynamodb/table/table_definition.h"
#include "dynamodb/table/table_description.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

std::string name_in(const service::Call& call) {
  const json::value* name = call.input.if_contains("TableName");
  if (!name || !name->is_string())
    throw_validation("The parameter 'TableName' is required but was not present in the request");
  return std::string(name->as_string());
}

service::Reply reply_with(std::string_view member, json::object value) {
  service::Reply reply;
  reply.output[member] = std::move(value);
  return reply;
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

Task<TablePtr> change_table(State& state, TablePtr table, std::function<void(Table&)> change,
                            std::function<void(store::Transaction&, const Table&)> also) {
  store::LockKeys locks{table->record_key()};
  auto body = [&](store::Transaction& transaction) {
    std::string record;
    if (!transaction.get(table->record_key(), record)) throw_table_not_found(table->name);
    Table changed = decode_table(record);
    if (changed.id != table->id) throw_table_not_found(table->name);
    change(changed);
    changed.revision += 1;
    transaction.put(changed.record_key(), encode_table(changed));
    if (also) also(transaction, changed);
    return changed;
  };
  Table changed = co_await state.store.run(std::move(locks), body);
  TablePtr result = finish_table(std::move(changed), table->live);
  state.tables.publish(result);
  co_return result;
}

Task<service::Reply> create_table(State& state, service::Call& call) {
  name_in(call);
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
  TablePtr created = finish_table(std::move(table), std::make_shared<TableLive>());
  state.tables.publish(created);
  co_return reply_with("TableDescription", describe(*created, now));
}

Task<service::Reply> describe_table(State& state, service::Call& call) {
  TablePtr table = table_for_control(state, call, name_in(call));
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
  std::string name = name_in(call);
  check_update_table(call.input);
  TablePtr table = table_for_control(state, call, name);
  WallTime now = state.clock.now();
  auto change = [&](Table& changed) {
    check_not_in_use(changed, now);
    changed.change = TableStatus::active;
    if (!update_table_definition(call.input, now, state.random, changed)) return;
    changed.change = TableStatus::updating;
    changed.settles_at = now + state.options.status_delay;
  };
  table = co_await change_table(state, table, change);
  co_return reply_with("TableDescription", describe(*table, now));
}

Task<service::Reply> delete_table(State& state, service::Call& call) {
  TablePtr table = table_for_control(state, call, name_in(call));
  WallTime now = state.clock.now();
  // "If the specified table is already in the DELETING state, no error is returned." (API reference)
  if (table->status(now) == TableStatus::deleting)
    co_return reply_with("TableDescription", describe_deleted(*table, now));
  auto change = [&](Table& changed) {
    check_not_in_use(changed, now);
    if (changed.deletion_protection)
      throw_validation("Resource cannot be deleted as it is currently protected against deletion. "
                       "Disable deletion protection first.");
    changed.change = TableStatus::deleting;
    changed.settles_at = now + state.options.status_delay;
  };
  auto mark = [](store::Transaction& transaction, const Table& changed) {
    transaction.put(removal_key(changed.id), "");
  };
  table = co_await change_table(state, table, change, mark);
  if (state.home && !state.stopping)
    spawn(*state.home, remove_table_items(state, State::Background(state), table->id, table));
  co_return reply_with("TableDescription", describe_deleted(*table, now));
}

}  // namespace brume::dynamodb
