#include "dynamodb/control/absent_features.h"

#include "dynamodb/request/errors.h"

namespace brume::dynamodb {
namespace json = boost::json;
namespace {

TablePtr table_in(State& state, const service::Call& call) {
  return table_for_control(state, call, call.input.at("TableName").as_string());
}

/// An answer that is one empty list.
Task<service::Reply> empty_list(std::string_view member) {
  service::Reply reply;
  reply.output[member] = json::array();
  co_return reply;
}

}  // namespace

Task<service::Reply> describe_continuous_backups(State& state, service::Call& call) {
  std::string name(call.input.at("TableName").as_string());
  TablePtr table = state.tables.find(call.account(), call.region, table_name_of(name, call.account(), call.region));
  if (!table || table->status(state.clock.now()) == TableStatus::gone) {
    check_own_account(call, name);
    throw AwsError(kTableNotFound, "Table not found: " + name);
  }
  service::Reply reply;
  reply.output["ContinuousBackupsDescription"] =
      json::object{{"ContinuousBackupsStatus", "ENABLED"},  // of every table; what is off is recovery
                   {"PointInTimeRecoveryDescription", json::object{{"PointInTimeRecoveryStatus", "DISABLED"}}}};
  co_return reply;
}

Task<service::Reply> describe_contributor_insights(State& state, service::Call& call) {
  TablePtr table = table_in(state, call);
  service::Reply reply;
  reply.output = {{"TableName", table->name}, {"ContributorInsightsStatus", "DISABLED"}};
  if (const json::value* index = call.input.if_contains("IndexName"); index && index->is_string()) {
    if (!table->find_index(index->as_string()))
      throw AwsError(kResourceNotFound,
                     "Requested resource not found: Index: " + std::string(index->as_string()) + " not found");
    reply.output["IndexName"] = *index;
  }
  co_return reply;
}

Task<service::Reply> describe_kinesis_streaming_destination(State& state, service::Call& call) {
  TablePtr table = table_in(state, call);
  service::Reply reply;
  reply.output = {{"TableName", table->name}, {"KinesisDataStreamDestinations", json::array()}};
  co_return reply;
}

Task<service::Reply> get_resource_policy(State& state, service::Call& call) {
  const std::string arn(call.input.at("ResourceArn").as_string());
  if (!arn.starts_with("arn:")) throw_validation("Invalid TableArn: Invalid ResourceArn provided as input " + arn);
  // A stream's ARN goes on behind the table's name.
  const std::string table_arn = arn.substr(0, arn.find("/stream/"));
  table_for_control(state, call, table_arn);
  throw AwsError(kPolicyNotFound, "Resource-based policy not found for the provided ResourceArn: " + arn);
  co_return service::Reply{};
}

Task<service::Reply> list_backups(State&, service::Call&) { return empty_list("BackupSummaries"); }
Task<service::Reply> list_contributor_insights(State&, service::Call&) {
  return empty_list("ContributorInsightsSummaries");
}
Task<service::Reply> list_exports(State&, service::Call&) { return empty_list("ExportSummaries"); }
Task<service::Reply> list_global_tables(State&, service::Call&) { return empty_list("GlobalTables"); }
Task<service::Reply> list_imports(State&, service::Call&) { return empty_list("ImportSummaryList"); }

}  // namespace brume::dynamodb
