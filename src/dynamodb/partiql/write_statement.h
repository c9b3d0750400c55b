// INSERT, UPDATE, DELETE and EXISTS as the writes that the item operations know. Private to dynamodb/partiql/.
#pragma once

#include "base/task.h"
#include "dynamodb/item/write.h"
#include "dynamodb/partiql/prepared_statement.h"
#include "dynamodb/item/capacity.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb::partiql {

WriteKind write_kind(StatementKind kind);

/// Fills `request` with the item or key, condition and update of a statement that writes, or checks. It refers to
/// `statement` and `table`. An INSERT's condition is that the item is absent, an UPDATE's that it is there. A key that
/// is not whole, or that must be two values at once, is left incomplete: check_write() refuses it.
void fill_write(const PreparedStatement& statement, const Table& table, WriteRequest& request);

/// What fill_write() leaves to the key's check, in the words of statements that stand alone. Errors:
/// ValidationException "Where clause does not contain a mandatory equality on all key attributes" and others.
void check_write_key(const PreparedStatement& statement, const Table& table);

/// What a statement that wrote came to.
struct WriteOutcome {
  std::string item;  ///< what RETURNING asks for, stored form; "" for nothing
  Consumption consumption;
  TablePtr table;    ///< the revision that was written
};

/// Runs one statement by itself. Errors: DuplicateItemException, ConditionalCheckFailedException,
/// TransactionConflictException, ValidationException.
Task<WriteOutcome> run_write_statement(State& state, const PreparedStatement& statement, TablePtr table);

}  // namespace brume::dynamodb::partiql
