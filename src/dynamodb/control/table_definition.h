// What CreateTable and UpdateTable ask for, checked and brought into a Table. AWS's texts.
#pragma once

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// A table name given to CreateTable. Errors: ValidationException.
void check_new_table_name(std::string_view name);

/// A new table, but for its id, account, region and times. Errors: ValidationException;
/// UnsupportedOperationException for features that Brume does not have.
Table define_table(const boost::json::object& input, std::string_view account, std::string_view region, WallTime now,
                   Random& random);

/// What UpdateTable can be refused for without the table. Errors: as above.
void check_update_table(const boost::json::object& input);

/// Applies UpdateTable to `table`; returns whether the table shows UPDATING, until `settles_at`. Errors: as above;
/// LimitExceededException, ResourceNotFoundException.
bool update_table_definition(const boost::json::object& input, WallTime now, WallTime settles_at, Table& table);

/// Tags of a request, added to `tags` or put in the place of those with the same keys.
void merge_tags(const boost::json::array& input, std::vector<Tag>& tags);

}  // namespace brume::dynamodb
