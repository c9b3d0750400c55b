// Background work on one table that ends when it is done. Private to dynamodb/.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "dynamodb/state/state.h"

namespace brume::dynamodb {

/// Begins `work` under the lease "dynamodb/KIND/TABLE": it runs until it returns without an exception; finding its table
/// gone (ResourceNotFoundException) ends it too. Nothing happens once the service stops: DynamoDb::open takes it up again.
void start_table_work(State& state, std::string_view kind, const TablePtr& table, cluster::JobWork work);

}  // namespace brume::dynamodb
