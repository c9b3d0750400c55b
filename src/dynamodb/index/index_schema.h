// One secondary index as a request defines it, checked. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

// Quotas: "Quotas in Amazon DynamoDB", Developer Guide.
inline constexpr std::size_t kMaxLocalIndexes = 5;
inline constexpr std::size_t kMaxGlobalIndexes = 20;
/// NonKeyAttributes of all INCLUDE projections of a table together.
inline constexpr std::size_t kMaxProjectedAttributes = 100;
/// Attributes of a global index's partition key, and of its sort key.
inline constexpr std::size_t kMaxKeyAttributes = 4;

std::string_view text_of(ProjectionType projection);

/// The two operations word a missing throughput differently.
enum class IndexOrigin : std::uint8_t { create_table, update_table };

/// Errors: ValidationException unless all key attributes of an index's `input` are among the table's definitions.
void check_are_defined(const boost::json::object& input, const Table& table);

/// Reads a LocalSecondaryIndex, GlobalSecondaryIndex or CreateGlobalSecondaryIndexAction for `table`, whose keys,
/// attribute definitions and billing mode are set; its key attributes are defined. Errors: ValidationException, with
/// AWS's texts.
Index read_index(const boost::json::object& input, IndexKind kind, IndexOrigin origin, const Table& table);

/// Gives the index its number and adds it. Errors: ValidationException for a name that is taken, or for too many
/// projected attributes.
void add_index(Table& table, Index index);

}  // namespace brume::dynamodb
