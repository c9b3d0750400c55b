// Secondary indexes in CreateTable, UpdateTable and DescribeTable. Private to dynamodb/.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "base/clock.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// CreateTable's LocalSecondaryIndexes and GlobalSecondaryIndexes, checked and added to `table`, whose keys,
/// attribute definitions and billing mode are set. Errors: ValidationException, with AWS's texts.
void define_indexes(const boost::json::object& input, Table& table);

// ---- GlobalSecondaryIndexUpdates of UpdateTable ----

bool creates_index(const boost::json::object& input);
bool creates_or_deletes_index(const boost::json::object& input);
/// Does `input` give the index a ProvisionedThroughput?
bool updates_throughput_of(const boost::json::object& input, std::string_view index);

/// What they can be refused for without the table. Errors: ValidationException.
void check_index_updates(const boost::json::object& input);

/// What UpdateTable as a whole is refused for because of work on an index that is under way. Errors:
/// LimitExceededException, ResourceInUseException.
void check_index_work(const boost::json::object& input, const Table& table, WallTime now);

/// Applies them to `table`, whose billing mode is already the one that is asked for; it was `former_mode`. True if the
/// table shows UPDATING for it. Errors: ValidationException, LimitExceededException, ResourceNotFoundException.
bool update_indexes(const boost::json::object& input, BillingMode former_mode, WallTime now, WallTime settles_at,
                    Table& table);

/// An active index shows UPDATING until `settles_at`.
void show_updating(Index& index, WallTime now, WallTime settles_at);

/// Is an index being created, updated or deleted?
bool has_index_work(const Table& table, WallTime now);

/// Takes the index out, and the attribute definitions that nothing else uses.
void remove_index(Table& table, std::uint16_t number);

// ---- descriptions ----

/// Adds LocalSecondaryIndexes and GlobalSecondaryIndexes to a TableDescription.
void describe_indexes(const Table& table, WallTime now, boost::json::object& description);

/// UpdateTable answers with the throughput that the indexes had before: puts that of `former` into `description`.
void show_former_throughput(const Table& former, boost::json::object& description);

}  // namespace brume::dynamodb
