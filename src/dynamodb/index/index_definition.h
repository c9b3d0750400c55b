// Secondary indexes in CreateTable, UpdateTable and DescribeTable. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// CreateTable's LocalSecondaryIndexes and GlobalSecondaryIndexes, checked and added to `table`, whose keys and
/// attribute definitions are set. Errors: ValidationException, with AWS's texts.
void define_indexes(const boost::json::object& input, WallTime now, Table& table);

/// UpdateTable's GlobalSecondaryIndexUpdates, applied to `table`; false if there are none. Errors:
/// ValidationException, ResourceInUseException, LimitExceededException, ResourceNotFoundException.
bool update_indexes(const boost::json::object& input, WallTime now, Table& table);

/// Adds LocalSecondaryIndexes and GlobalSecondaryIndexes to a TableDescription.
void describe_indexes(const Table& table, WallTime now, boost::json::object& description);

}  // namespace brume::dynamodb
