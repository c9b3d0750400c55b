#include "dynamodb/state.h"

#include "dynamodb/errors.h"

namespace brume::dynamodb {
namespace {

std::string_view take_field(std::string_view& text) {
  std::size_t colon = text.find(':');
  std::string_view field = text.substr(0, colon);
  text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  return field;
}

}  // namespace

std::string_view table_name_of(std::string_view name_or_arn, std::string_view account, std::string_view region) {
  if (!name_or_arn.starts_with("arn:")) return name_or_arn;
  std::string_view rest = name_or_arn;
  std::string_view scheme = take_field(rest), partition = take_field(rest), service = take_field(rest);
  std::string_view arn_region = take_field(rest), arn_account = take_field(rest);
  constexpr std::string_view kTable = "table/";
  std::string_view name = rest.starts_with(kTable) ? rest.substr(kTable.size()) : std::string_view();
  if (scheme != "arn" || !partition.starts_with("aws") || service != "dynamodb" || name.empty() ||
      name.find('/') != std::string_view::npos)
    throw_validation("Invalid TableArn: Invalid ResourceArn provided as input " + std::string(name_or_arn));
  if (arn_region != region || arn_account != account) return {};
  return name;
}

TablePtr table_for_items(State& state, const service::Call& call, std::string_view name_or_arn) {
  TablePtr table =
      state.tables.find(call.account(), call.region, table_name_of(name_or_arn, call.account(), call.region));
  // The clock is read only while a change settles.
  if (!table || (table->change != TableStatus::active && !table->serves_items(state.clock.now())))
    throw_resource_not_found();
  return table;
}

TablePtr table_for_control(State& state, const service::Call& call, std::string_view name_or_arn) {
  TablePtr table =
      state.tables.find(call.account(), call.region, table_name_of(name_or_arn, call.account(), call.region));
  if (!table || table->status(state.clock.now()) == TableStatus::gone) throw_table_not_found(name_or_arn);
  return table;
}

}  // namespace brume::dynamodb
