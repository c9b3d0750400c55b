// UpdateTable: what it can be refused for, and its application to a Table.
#include <array>

#include "dynamodb/request/errors.h"
#include "dynamodb/index/index_definition.h"
#include "dynamodb/stream/stream_definition.h"
#include "dynamodb/table/capacity_settings.h"
#include "dynamodb/table/definition_json.h"
#include "dynamodb/control/table_definition.h"
#include "dynamodb/table/table_settings.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

/// What a request can ask for. AWS's own list names members that are not public.
constexpr std::array kMembers{"ProvisionedThroughput", "BillingMode",    "StreamSpecification",
                              "SSESpecification",      "TableClass",     "DeletionProtectionEnabled",
                              "OnDemandThroughput",    "WarmThroughput", "MultiRegionConsistency"};
constexpr std::array kLists{"GlobalSecondaryIndexUpdates", "ReplicaUpdates", "VectorIndexUpdates",
                            "GlobalTableWitnessUpdates"};

std::size_t count_changes(const json::object& input) {
  std::size_t count = 0;
  for (const char* name : kMembers) count += member(input, name) != nullptr;
  for (const char* name : kLists) count += is_non_empty_array(input, name);
  return count;
}

void check_combinations(const json::object& input, std::size_t changes) {
  const bool throughput = member(input, "ProvisionedThroughput");
  const bool stream = member(input, "StreamSpecification");
  const bool index_change = creates_or_deletes_index(input);
  if (throughput && stream) throw_invalid_parameter("You cannot modify stream status while updating table IOPS");
  if (throughput && index_change && !member(input, "BillingMode"))
    throw_invalid_parameter("You cannot create or delete index while updating table IOPS");
  if (stream && index_change) throw_invalid_parameter("You cannot create or delete index while changing stream status");
  if (changes < 2) return;
  auto check_alone = [&](const char* name, const char* feature) {
    if (member(input, name))
      throw_invalid_parameter(std::string(feature) + " must be the only operation in the request");
  };
  check_alone("SSESpecification", "Server-Side Encryption modification");
  check_alone("TableClass", "TableClass modification");
  check_alone("DeletionProtectionEnabled", "DeletionProtection modification");
  if (member(input, "WarmThroughput") && creates_index(input))
    throw_invalid_parameter("Create global secondary index cannot be specified when updating WarmThroughput");
  check_alone("WarmThroughput", "WarmThroughput");
  if (member(input, "OnDemandThroughput") && (changes > 2 || !member(input, "BillingMode")))
    throw_invalid_parameter("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
}

[[noreturn]] void throw_unchanged(const Throughput& current, const Throughput& wanted) {
  throw_validation(
      "The provisioned throughput for the table will not change. The requested value equals the current value. "
      "Current ReadCapacityUnits provisioned for the table: " +
      std::to_string(current.read_units) + ". Requested ReadCapacityUnits: " + std::to_string(wanted.read_units) +
      ". Current WriteCapacityUnits provisioned for the table: " + std::to_string(current.write_units) +
      ". Requested WriteCapacityUnits: " + std::to_string(wanted.write_units) +
      ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.");
}

void change_to_on_demand(WallTime now, WallTime settles_at, Table& table) {
  table.billing_mode = BillingMode::pay_per_request;
  table.pay_per_request_since = now;
  change_throughput(Throughput{}, now, table.throughput);
  for (Index& index : table.indexes) {
    if (index.kind != IndexKind::global || index.change == IndexStatus::deleting) continue;
    change_throughput(Throughput{}, now, index.throughput);
    show_updating(index, now, settles_at);
  }
}

/// The indexes' own throughput comes with GlobalSecondaryIndexUpdates: AWS assigns none.
void change_to_provisioned(const json::object& input, WallTime now, WallTime settles_at, Table& table) {
  std::string missing;
  for (const Index& index : table.indexes) {
    if (index.kind != IndexKind::global || updates_throughput_of(input, index.name)) continue;
    missing += (missing.empty() ? "" : ",") + index.name;
  }
  if (!missing.empty()) throw_invalid_parameter("ProvisionedThroughput must be specified for index: " + missing);
  table.billing_mode = BillingMode::provisioned;
  table.on_demand_throughput.clear();
  for (Index& index : table.indexes) {
    index.on_demand_throughput.clear();
    if (index.kind == IndexKind::global) show_updating(index, now, settles_at);
  }
}

/// True if something changes.
bool update_billing(const json::object& input, WallTime now, WallTime settles_at, Table& table) {
  const json::value* throughput = member(input, "ProvisionedThroughput");
  const std::string mode = text(input, "BillingMode");
  const bool was_on_demand = table.billing_mode == BillingMode::pay_per_request;
  const bool on_demand = mode.empty() ? was_on_demand : mode == "PAY_PER_REQUEST";
  if (on_demand) {
    if (throughput)
      throw_invalid_parameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    if (was_on_demand) return false;
    change_to_on_demand(now, settles_at, table);
    return true;
  }
  if (!throughput) return false;
  const Throughput wanted = read_throughput(throughput->as_object());
  check_capacity_quota(wanted, table.region, "");
  if (was_on_demand) {
    change_to_provisioned(input, now, settles_at, table);
  } else {
    if (wanted.read_units == table.throughput.read_units && wanted.write_units == table.throughput.write_units)
      throw_unchanged(table.throughput, wanted);
    check_decrease_budget(table.throughput, wanted, now);
  }
  change_throughput(wanted, now, table.throughput);
  return true;
}

}  // namespace

void check_update_table(const json::object& input) {
  Constraints constraints;
  check_throughput_shape(input, constraints);
  constraints.throw_if_any();
  const std::size_t changes = count_changes(input);
  if (changes == 0)
    throw_validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required");
  if (text(input, "BillingMode") == "PROVISIONED" && !member(input, "ProvisionedThroughput"))
    throw_invalid_parameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  if (const json::value* throughput = member(input, "ProvisionedThroughput")) read_throughput(throughput->as_object());
  refuse_what_is_missing(input);
  check_index_updates(input);
  check_combinations(input, changes);
}

bool update_table_definition(const json::object& input, WallTime now, WallTime settles_at, Table& table) {
  const BillingMode former_mode = table.billing_mode;
  bool shows_updating = update_billing(input, now, settles_at, table);
  if (std::string wanted = text(input, "TableClass"); !wanted.empty() && wanted != table.table_class) {
    table.table_class = wanted;
    table.table_class_changed_at = now;
    shows_updating = true;
  }
  shows_updating = shows_updating || member(input, "SSESpecification");
  shows_updating = update_indexes(input, former_mode, now, settles_at, table) || shows_updating;
  shows_updating = apply_stream_specification(input, now, table) || shows_updating;
  if (const json::value* limits = member(input, "OnDemandThroughput"))
    apply_on_demand_throughput(limits->as_object(), table.billing_mode, "", true, table.on_demand_throughput);
  if (const json::value* warm = member(input, "WarmThroughput"))
    apply_warm_throughput(warm->as_object(), table.billing_mode, table.throughput, "", true, table.warm_throughput);
  read_settings(input, table);
  return shows_updating;
}

}  // namespace brume::dynamodb
