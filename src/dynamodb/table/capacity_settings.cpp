#include "dynamodb/table/capacity_settings.h"

#include <ctime>

#include "base/time_text.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/table/definition_json.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

// "Service, account, and table quotas in Amazon DynamoDB", Developer Guide.
constexpr std::int64_t kMaxProvisionedUnits = 40'000;
constexpr std::int64_t kFreeDecreases = 4;
constexpr std::chrono::seconds kBetweenDecreases{3600};

constexpr std::int64_t kInitialReads = 12'000;
constexpr std::int64_t kInitialWrites = 4'000;

std::string warm_subject(std::string_view index) { return index.empty() ? "table" : "index " + std::string(index); }

/// "Wednesday, July 25, 2018 at 10:24:27 PM Coordinated Universal Time"
std::string long_date(WallTime time) {
  std::string date = format_utc(time, "%A, %B %e, %Y at %I:%M:%S %p Coordinated Universal Time");
  if (auto two_spaces = date.find("  "); two_spaces != std::string::npos) date.erase(two_spaces, 1);
  return date;
}

}  // namespace

void apply_on_demand_throughput(const json::object& input, BillingMode mode, std::string_view index, bool is_update,
                                json::object& limits) {
  for (std::string_view name : {"MaxReadRequestUnits", "MaxWriteRequestUnits"}) {
    if (!member(input, name)) continue;
    const std::string subject = index.empty() ? std::string() : " for index : " + std::string(index);
    if (mode == BillingMode::provisioned)
      throw_invalid_parameter(std::string(name) + " for OnDemandThroughput" + subject +
                              " cannot be specified when the table BillingMode is PROVISIONED");
    const std::int64_t units = whole(input, name);
    if (units < 1 && !(is_update && units == -1))
      throw_invalid_parameter("Requested " + std::string(name) + " for OnDemandThroughput" +
                              (index.empty() ? " for table" : subject) + " is outside of valid range");
    limits[name] = units;
  }
}

void apply_warm_throughput(const json::object& input, BillingMode mode, const Throughput& throughput,
                           std::string_view index, bool is_update, json::object& warm) {
  const bool on_demand = mode == BillingMode::pay_per_request;
  auto apply = [&](std::string_view name, std::int64_t initial, std::int64_t provisioned, std::string_view units) {
    if (!member(input, name)) return;
    const std::int64_t wanted = whole(input, name);
    const std::int64_t least = on_demand ? initial : provisioned;
    const std::int64_t current = std::max(least, whole(warm, name));
    const std::string front = "Requested " + std::string(name) + " for WarmThroughput for " + warm_subject(index) +
                              " is lower than ";
    if (is_update && wanted < current)
      throw_invalid_parameter(front + "current WarmThroughput, decreasing WarmThroughput is not supported");
    if (wanted < least)
      throw_invalid_parameter(
          front + (on_demand ? "initial throughput for OnDemand" : std::string(units) + " of ProvisionedThroughput"));
    warm[name] = wanted;
  };
  apply("ReadUnitsPerSecond", kInitialReads, throughput.read_units, "ReadCapacityUnits");
  apply("WriteUnitsPerSecond", kInitialWrites, throughput.write_units, "WriteCapacityUnits");
}

void check_capacity_quota(const Throughput& wanted, std::string_view region, std::string_view index) {
  auto check = [&](std::int64_t units, std::string_view name) {
    if (units <= kMaxProvisionedUnits) return;
    throw AwsError(kLimitExceeded,
                   "The requested " + std::string(name) + (index.empty() ? "" : " for index " + std::string(index)) +
                       ", " + std::to_string(units) + ", is above the per " + (index.empty() ? "table" : "index") +
                       " maximum for the account in " + std::string(region) +
                       ". Per table maximum: " + std::to_string(kMaxProvisionedUnits) +
                       ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher "
                       "limits.");
  };
  check(wanted.read_units, "ReadCapacityUnits");
  check(wanted.write_units, "WriteCapacityUnits");
}

void check_decrease_budget(const Throughput& current, const Throughput& wanted, WallTime now) {
  using Days = std::chrono::days;
  if (wanted.read_units >= current.read_units && wanted.write_units >= current.write_units) return;
  if (!current.last_decrease || current.decreases_today < kFreeDecreases) return;
  if (std::chrono::floor<Days>(*current.last_decrease) != std::chrono::floor<Days>(now)) return;
  const WallTime next = *current.last_decrease + kBetweenDecreases;
  if (now >= next) return;
  throw AwsError(kLimitExceeded,
                 "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
                 "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most "
                 "once every 3600 seconds. Number of decreases today: " +
                     std::to_string(current.decreases_today) + ". Last decrease at " +
                     long_date(*current.last_decrease) + ". Next decrease can be made at " + long_date(next));
}

}  // namespace brume::dynamodb
