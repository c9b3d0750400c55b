// Which ranges of keys a SELECT reads: partitions and ranges of their sort keys where the WHERE fixes them, else
// everything. Private to dynamodb/partiql/.
//
// The ranges hold every item that satisfies the WHERE; the whole WHERE is applied to what is read all the same. AWS
// takes an OR, or an IN, of keys apart into up to 50 reads, which may not overlap unless one of them excludes sort keys.
#pragma once

#include <string_view>
#include <vector>

#include "dynamodb/expression/ast.h"
#include "dynamodb/partiql/statement.h"
#include "dynamodb/read/read_target.h"
#include "store/store.h"
#include "wire/item.h"

namespace brume::dynamodb::partiql {

inline constexpr std::size_t kMaxLookups = 50;

struct Lookup {
  wire::ValueView partition;
  store::Range range;
  std::vector<std::string_view> filtered;  ///< attributes that the conditions beside the key look at
};

struct Lookups {
  bool keyed = false;  ///< false: all of the target is read
  std::vector<Lookup> reads;  ///< if keyed; none if the WHERE cannot hold
};

/// `target` has one partition key and at most one sort key. Errors: ValidationException:
/// "Too many decomposed read operations for a given query.",
/// "Overlapping conditions with range keys are not supported in where clause", and, if `check_types`,
/// "Key attribute's data type should match its data type in table's schema: Key pk".
Lookups find_lookups(const ConditionTree& where, const ReadTarget& target, bool check_types = true);

/// Sorts the lookups as ORDER BY wants them and gives the direction in which each is read. Errors: ValidationException,
/// with AWS's texts.
store::Direction apply_order(const Statement& statement, const ReadTarget& target, Lookups& lookups);

}  // namespace brume::dynamodb::partiql
