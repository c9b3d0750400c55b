// The one item that a WHERE names by its key. Private to dynamodb/partiql/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dynamodb/expression/ast.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb::partiql {

/// Equalities on key attributes that hold for every item of the WHERE: those which are joined by AND alone.
struct NamedKey {
  std::string key;  ///< the key attributes found, as an item in stored form; of two values the first
  std::vector<std::uint32_t> leaves;  ///< nodes that say no more than the key does
  bool complete = false;  ///< all key attributes are there
  bool nothing_else = false;  ///< the WHERE has no other condition
  std::string conflict;  ///< a key attribute that must be two values at once; "" for none
};

/// `takes_in`: "pk IN ['a']" counts as an equality too.
NamedKey find_key(const ConditionTree& where, const Table& table, bool takes_in);

/// Errors: ValidationException "Key attribute's data type should match its data type in table's schema: Key pk".
void check_key_types(const Table& table, const NamedKey& key);

}  // namespace brume::dynamodb::partiql
