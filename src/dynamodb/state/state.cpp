#include "dynamodb/state/state.h"

#include "dynamodb/request/errors.h"
#include "service/arn.h"
#include "service/operation.h"

namespace brume::dynamodb {

std::string_view table_name_of(std::string_view name_or_arn, std::string_view account, std::string_view region) {
  if (!name_or_arn.starts_with("arn:")) return name_or_arn;
  constexpr std::string_view kTable = "table/";
  const auto arn = service::Arn::parse(name_or_arn);
  const bool of_table = arn && arn->partition.starts_with("aws") && arn->service == "dynamodb" &&
                        arn->resource.starts_with(kTable) && arn->resource.size() > kTable.size();
  if (!of_table || arn->path().find('/') != std::string_view::npos)
    throw_validation("Invalid TableArn: Invalid ResourceArn provided as input " + std::string(name_or_arn));
  if (arn->region != region || arn->account != account) return {};
  return arn->path();
}

void check_own_account(const service::Call& call, std::string_view name_or_arn) {
  const auto arn = service::Arn::parse(name_or_arn);
  if (!arn || arn->owned_by(call)) return;
  const std::string action = "dynamodb:" + std::string(call.operation->name);
  throw AwsError(kAccessDenied, service::not_authorized(call, action, name_or_arn, service::Silent::resource_policy));
}

namespace {

void check_not_damaged(const State& state, const service::Call& call, std::string_view name_or_arn) {
  const std::string_view name = table_name_of(name_or_arn, call.account(), call.region);
  if (state.tables.is_damaged(call.account(), call.region, name))
    throw AwsError(kInternalServerError,
                   "The request processing has failed because of an unknown error, exception or failure.");
}

}  // namespace

TablePtr table_for_items(State& state, const service::Call& call, std::string_view name_or_arn) {
  TablePtr table =
      state.tables.find(call.account(), call.region, table_name_of(name_or_arn, call.account(), call.region));
  // The clock is read only while a change settles.
  if (!table || (table->change != TableStatus::active && !table->serves_items(state.clock.now()))) {
    check_own_account(call, name_or_arn);
    check_not_damaged(state, call, name_or_arn);
    throw_resource_not_found();
  }
  return table;
}

TablePtr table_for_control(State& state, const service::Call& call, std::string_view name_or_arn) {
  TablePtr table =
      state.tables.find(call.account(), call.region, table_name_of(name_or_arn, call.account(), call.region));
  if (!table || table->status(state.clock.now()) == TableStatus::gone) {
    check_own_account(call, name_or_arn);
    check_not_damaged(state, call, name_or_arn);
    throw_table_not_found(name_or_arn);
  }
  return table;
}

void check_no_transaction(const State& state, std::string_view item_key) {
  if (state.in_flight.contains(item_key)) throw AwsError(kTransactionConflict, std::string(kTransactionConflictText));
}

}  // namespace brume::dynamodb
