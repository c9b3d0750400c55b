#include "server/service_metrics.h"

#include <array>

#include "observe/series/series_name.h"
#include "service/arn.h"
#include "service/authorize.h"

namespace brume::server {
namespace {

using observe::Dimension;
using observe::series_key;
using Dimensions = std::initializer_list<Dimension>;

constexpr std::string_view kDynamoDb = "AWS/DynamoDB", kLambda = "AWS/Lambda", kApiGateway = "AWS/ApiGateway";

/// By what a bundle is found. The text is good until the thread asks for the next one.
std::string_view bundle_key(std::initializer_list<std::string_view> parts) {
  thread_local std::string key;
  key.clear();
  for (const std::string_view part : parts) key.append(part).push_back('\0');
  return key;
}

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// Which table a call that failed was about: it may have used none yet.
std::string table_of(const service::CallRecord& record) {
  for (const service::Usage& usage : record.usage) return usage.resource;
  for (const service::Access& access : service::wanted_by(*record.entry, *record.call))
    if (const auto arn = service::Arn::parse(std::string_view(access.resource)); arn && arn->kind() == "table")
      return std::string(arn->path().substr(0, arn->path().find('/')));
  return {};
}

}  // namespace

void ServiceMetrics::count(const service::CallRecord& record) {
  if (record.model != &service::dynamodb_model() || !record.call || !record.entry) return;
  if (record.status >= 400) count_failed(record);
  const service::Call& call = *record.call;
  const std::string_view account = call.account();
  for (const service::Usage& usage : record.usage) {
    const bool writes = usage.write_units > 0;
    const std::string_view units = writes ? "ConsumedWriteCapacityUnits" : "ConsumedReadCapacityUnits";
    const auto names = [&] {
      std::vector<std::string> out;
      if (usage.part.empty()) {
        out.push_back(series_key(account, call.region, kDynamoDb, units, {{"TableName", usage.resource}}));
        out.push_back(series_key(account, call.region, kDynamoDb, "SuccessfulRequestLatency",
                                 {{"Operation", record.operation}, {"TableName", usage.resource}}));
      } else {
        out.push_back(series_key(account, call.region, kDynamoDb, units,
                                 {{"GlobalSecondaryIndexName", usage.part}, {"TableName", usage.resource}}));
      }
      return out;
    };
    const auto sets = series_.bundle(
        bundle_key({account, call.region, record.operation, writes ? "w" : "r", usage.resource, usage.part}), names);
    const double amount = writes ? usage.write_units : usage.read_units;
    if (amount > 0) sets[0]->add(amount);
    if (usage.part.empty() && record.status < 400) sets[1]->add(milliseconds(record.duration));
  }
}

void ServiceMetrics::count_failed(const service::CallRecord& record) {
  const service::Call& call = *record.call;
  const auto add = [&](std::string_view name, Dimensions dimensions) {
    series_.record(series_key(call.account(), call.region, kDynamoDb, name, dimensions), 1);
  };
  if (call.account().empty()) return;  // a stranger's
  if (record.status >= 500) {
    const std::string table = table_of(record);
    if (!table.empty()) add("SystemErrors", {{"Operation", record.operation}, {"TableName", table}});
  } else if (record.error_code == "ConditionalCheckFailedException") {
    add("ConditionalCheckFailedRequests", {{"TableName", table_of(record)}});
  } else {
    add("UserErrors", {});
  }
}

void ServiceMetrics::count(const lambda::InvokeRecord& record) {
  using Outcome = lambda::InvokeRecord::Outcome;
  if (record.outcome == Outcome::not_run) return;
  const lambda::FunctionId& function = record.function;
  const auto names = [&] {
    std::string resource = function.name;
    if (!record.qualifier.empty()) resource.append(":").append(record.qualifier);
    std::vector<std::string> out;
    for (const std::string_view name : {"Invocations", "Errors", "Duration", "ConcurrentExecutions", "Throttles"}) {
      const auto key = [&](Dimensions dimensions) {
        out.push_back(series_key(function.account, function.region, kLambda, name, dimensions));
      };
      key({{"FunctionName", function.name}});
      key({{"FunctionName", function.name}, {"Resource", resource}});
      key({});
    }
    return out;
  };
  const auto sets =
      series_.bundle(bundle_key({kLambda, function.account, function.region, function.name, record.qualifier}), names);
  const auto add = [&](std::size_t metric, double value) {
    for (std::size_t i = 0; i < 3; ++i) sets[3 * metric + i]->add(value);
  };
  const bool throttled = record.outcome == Outcome::throttled;
  add(4, throttled ? 1 : 0);
  if (throttled) return;
  add(0, 1);
  add(1, record.outcome == Outcome::function_error ? 1 : 0);
  add(2, milliseconds(record.duration));
  sets[9]->add(record.concurrent);
  sets[10]->add(record.concurrent);
  sets[11]->add(record.concurrent_all);
}

void ServiceMetrics::count(const gateway::ApiAccess& access) {
  const auto names = [&] {
    std::vector<std::string> out;
    for (const std::string_view name : {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"}) {
      out.push_back(series_key(access.account, access.region, kApiGateway, name, {{"ApiName", access.api_name}}));
      out.push_back(series_key(access.account, access.region, kApiGateway, name,
                               {{"ApiName", access.api_name}, {"Stage", access.stage}}));
    }
    return out;
  };
  const auto sets =
      series_.bundle(bundle_key({kApiGateway, access.account, access.region, access.api_name, access.stage}), names);
  const auto add = [&](std::size_t metric, double value) {
    sets[2 * metric]->add(value);
    sets[2 * metric + 1]->add(value);
  };
  add(0, 1);
  add(1, access.status >= 400 && access.status < 500 ? 1 : 0);
  add(2, access.status >= 500 ? 1 : 0);
  add(3, milliseconds(access.latency));
  if (access.integration_latency) add(4, milliseconds(*access.integration_latency));
}

}  // namespace brume::server
