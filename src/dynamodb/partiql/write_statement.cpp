#include "dynamodb/partiql/write_statement.h"

#include "dynamodb/request/errors.h"
#include "dynamodb/partiql/item_key_of.h"
#include "dynamodb/partiql/where.h"
#include "dynamodb/state/write_pass.h"

namespace brume::dynamodb::partiql {
namespace {

constexpr ErrorKind kDuplicateItem{"DuplicateItemException", 400};

ReturnValues return_values(Returning returning) {
  switch (returning) {
    case Returning::none: return ReturnValues::none;
    case Returning::all_old: return ReturnValues::all_old;
    case Returning::modified_old: return ReturnValues::updated_old;
    case Returning::all_new: return ReturnValues::all_new;
    case Returning::modified_new: return ReturnValues::updated_new;
  }
  return ReturnValues::none;
}

[[noreturn]] void throw_not_passed(const PreparedStatement& statement, const WriteRequest& request,
                                   const Written& result) {
  if (statement.kind() == StatementKind::insert)
    throw AwsError(kDuplicateItem, "Duplicate primary key exists in table");
  throw_condition_failed(request, result);
}

}  // namespace

WriteKind write_kind(StatementKind kind) {
  switch (kind) {
    case StatementKind::insert: return WriteKind::put;
    case StatementKind::update: return WriteKind::update;
    default: return WriteKind::erase;
  }
}

void fill_write(const PreparedStatement& statement, const Table& table, WriteRequest& request) {
  request.item_on_failure = statement.input().item_on_failure;
  request.return_values = return_values(statement.statement().returning);
  const std::string& partition = table.partition_key.name;
  if (statement.kind() == StatementKind::insert) {
    request.item = statement.item();
    request.condition.emplace(joined({}, ConditionOp::and_, ConditionOp::attribute_not_exists, partition));
    return;
  }
  NamedKey key = find_key(statement.where(), table, false);
  ConditionTree rest = without(statement.where(), key.leaves);
  if (statement.kind() == StatementKind::update) {
    request.update.emplace(statement.changes());
    request.condition.emplace(joined(std::move(rest), ConditionOp::and_, ConditionOp::attribute_exists, partition));
  } else if (statement.kind() == StatementKind::erase) {
    // A DELETE of what isn't there succeeds, whatever its conditions.
    if (!rest.nodes.empty())
      request.condition.emplace(
          joined(std::move(rest), ConditionOp::or_, ConditionOp::attribute_not_exists, partition));
  } else {
    request.condition.emplace(std::move(rest));
  }
  // An EXISTS takes the first of two values for its key; the other is a condition that fails.
  if (key.conflict.empty() || statement.kind() == StatementKind::exists) request.item = std::move(key.key);
}

void check_write_key(const PreparedStatement& statement, const Table& table) {
  if (statement.kind() == StatementKind::insert) return;
  const NamedKey key = find_key(statement.where(), table, false);
  if (!key.complete) throw_validation("Where clause does not contain a mandatory equality on all key attributes");
  check_key_types(table, key);
  if (!key.conflict.empty())
    throw_validation("Multiple conditions on same key " + key.conflict +
                     ". Only single item Update/Insert/Delete are supported");
}

Task<WriteOutcome> run_write_statement(State& state, const PreparedStatement& statement, TablePtr of_table) {
  WritePass pass(state, std::move(of_table));
  const Table& table = pass.table();
  check_write_key(statement, table);
  const WriteKind kind = write_kind(statement.kind());
  WriteRequest request;
  fill_write(statement, table, request);
  const std::string key = check_write(table, kind, request);
  check_no_transaction(state, key);
  // Only a stream's record wants the time.
  const WallTime now = table.stream() ? state.clock.now() : WallTime();
  store::LockKeys locks = store::lock_on(key);
  auto body = [&](store::Transaction& transaction) {
    ItemWriter writer(transaction, now);
    return apply_write(transaction, writer, table, kind, key, request);
  };
  const Written result = co_await state.store.run(std::move(locks), body);
  if (!result.passed) throw_not_passed(statement, request, result);
  count_change(table, key, result.effect);
  WriteOutcome outcome;
  outcome.item = returned_attributes(request, result);
  outcome.consumption = consumed_by(result.effect);
  outcome.table = pass.table_ptr();
  co_return outcome;
}

}  // namespace brume::dynamodb::partiql
