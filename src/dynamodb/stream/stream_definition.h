// The stream in CreateTable, UpdateTable and DescribeTable. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Applies StreamSpecification to `table`, a new one or an existing one; false if there is none. Errors:
/// ValidationException, with AWS's texts.
bool apply_stream_specification(const boost::json::object& input, WallTime now, Table& table);

/// Disables the table's stream if one is enabled.
void disable_stream(WallTime now, Table& table);

/// Adds StreamSpecification, LatestStreamLabel and LatestStreamArn to a TableDescription.
void describe_stream(const Table& table, boost::json::object& description);

}  // namespace brume::dynamodb
