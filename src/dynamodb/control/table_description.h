// TableDescription, as DescribeTable and the others answer it.
#pragma once

#include <boost/json/object.hpp>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

boost::json::object describe(const Table& table, WallTime now);
/// What CreateTable answers: of warm throughput only what was asked for, as still to come.
boost::json::object describe_created(const Table& table, WallTime now);
/// What DeleteTable answers: AWS leaves out the key schema, the definitions, the indexes and
/// the time of creation, and says DELETING.
boost::json::object describe_deleted(const Table& table, WallTime now);

}  // namespace brume::dynamodb
