// What all operations of the service share. Private to dynamodb/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "cluster/job.h"
#include "cluster/leases.h"
#include "dynamodb/table/options.h"
#include "dynamodb/state/stream_state.h"
#include "dynamodb/table/tables.h"
#include "dynamodb/state/in_flight.h"
#include "service/call.h"
#include "store/low_water_mark.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Lives as long as the service. Thread-safe.
struct State {
  store::Store& store;
  BlockingPool& pool;
  Clock& clock;
  Random& random;
  cluster::Leases& leases;
  Options options;
  Tables tables{store};
  cluster::Jobs jobs{store, leases};  ///< the background work; on one loop, the home loop
  InFlight in_flight = {};          ///< items and client tokens of transactions under way
  store::LowWaterMark expiry_mark = {};   ///< of the expiry sweeper; the home loop's alone
  FormerTables former_tables = {};
  std::map<std::pair<TableId, std::uint32_t>, StreamCare> stream_care = {};  ///< by number; the home loop's alone
};

/// The name in a TableName, which may be an ARN. `region` and `account` are the call's: a table of another
/// one does not exist for it: the name is "" then. Errors: ValidationException for a malformed ARN.
std::string_view table_name_of(std::string_view name_or_arn, std::string_view account, std::string_view region);

/// Tables and streams of other accounts are not to be seen: that takes a resource policy, and there are none. Errors:
/// AccessDeniedException for an ARN of another account. A name, or an ARN of any other form, passes.
void check_own_account(const service::Call& call, std::string_view name_or_arn);

/// The table for an item operation. Errors: InternalServerError for a damaged one, ResourceNotFoundException "Requested resource not found",
/// AccessDeniedException for one of another account.
TablePtr table_for_items(State& state, const service::Call& call, std::string_view name_or_arn);

/// The table for a table operation, in any state. Errors: InternalServerError for a damaged one, ResourceNotFoundException naming the table,
/// AccessDeniedException for one of another account.
TablePtr table_for_control(State& state, const service::Call& call, std::string_view name_or_arn);

/// For single writes outside of transactions. Errors: TransactionConflictException if a transaction in flight has the
/// item with this store key. Costs one atomic load while there is none.
void check_no_transaction(const State& state, std::string_view item_key);

}  // namespace brume::dynamodb
