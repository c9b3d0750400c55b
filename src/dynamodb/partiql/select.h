// SELECT: which items a statement reads, and one page of them. Private to dynamodb/partiql/.
#pragma once

#include <optional>
#include <string>

#include "base/task.h"
#include "dynamodb/partiql/lookups.h"
#include "dynamodb/partiql/next_token.h"
#include "dynamodb/partiql/prepared_statement.h"
#include "dynamodb/item/capacity.h"
#include "dynamodb/state/state.h"

namespace brume::dynamodb::partiql {

/// The index that a statement names, or null. Errors: ValidationException "The table does not have the specified
/// index", and for an index whose key has several attributes, which PartiQL doesn't take.
const Index* find_index(const Table& table, const Statement& statement, WallTime now);

struct SelectPage {
  std::string items;                     ///< JSON: "{…},{…}"
  std::optional<Position> position;      ///< where the next page begins, if there may be one
  std::string last_key;                  ///< LastEvaluatedKey in stored form; "" if there is none
  Consumption consumption;
};

struct SelectOptions {
  std::uint64_t limit = 0;               ///< items read; 0: none
  std::optional<Position> start;
};

/// Errors: ValidationException, with AWS's texts.
Task<SelectPage> run_select(State& state, const PreparedStatement& statement, TablePtr table, SelectOptions options);

/// SELECT by the whole primary key, for batches and transactions.
struct PointRead {
  std::string key_item;  ///< the key in stored form
  bool only_key = false; ///< the WHERE names the primary key, all of it and nothing else, and no index
};
/// Errors: ValidationException. `check_types`: for keys that don't fit the table's types.
PointRead find_point(const PreparedStatement& statement, const Table& table, bool check_types);

/// Appends `item`, or its columns, as JSON.
void append_row(const PreparedStatement& statement, wire::ItemView item, std::string& json);

}  // namespace brume::dynamodb::partiql
