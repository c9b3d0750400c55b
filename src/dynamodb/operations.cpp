#include "dynamodb/operations.h"

#include "dynamodb/item/batch_operations.h"
#include "dynamodb/item/item_operations.h"
#include "dynamodb/partiql/partiql_operations.h"
#include "dynamodb/read/read_operations.h"
#include "dynamodb/control/absent_features.h"
#include "dynamodb/control/table_operations.h"
#include "dynamodb/transaction/transact_operations.h"
#include "dynamodb/ttl/ttl_operations.h"

namespace brume::dynamodb {
namespace {

using Handler = Task<service::Reply> (*)(State&, service::Call&);
using service::Effect;

struct Row {
  std::string_view name;
  Effect effect;
  Handler handler;
  bool raw = false;
  std::string_view missing = {};
  void (*check_first)(const boost::json::object& input) = nullptr;
};

constexpr std::string_view kTableFeatures =
    "vector indexes, global tables, resource policies (each refused by name); encryption at rest (SSESpecification "
    "without a key is taken and has no meaning, KMSMasterKeyId is refused by name); the throughput of provisioned "
    "tables is recorded, not "
    "enforced";

constexpr std::string_view kAlwaysOff =
    "the feature itself: the answer is always that there is none, or that it is off";

constexpr Row kRows[] = {
    {"BatchExecuteStatement", Effect::data, batch_execute_statement, true},
    {"BatchGetItem", Effect::read, batch_get_item, true},
    {"BatchWriteItem", Effect::data, batch_write_item, true},
    {"CreateTable", Effect::manage, create_table, false, kTableFeatures, check_create_table_name},
    {"DeleteItem", Effect::data, delete_item, true},
    {"DeleteTable", Effect::manage, delete_table},
    {"DescribeContinuousBackups", Effect::read, describe_continuous_backups, false, kAlwaysOff},
    {"DescribeContributorInsights", Effect::read, describe_contributor_insights, false, kAlwaysOff},
    {"DescribeEndpoints", Effect::read, describe_endpoints},
    {"DescribeKinesisStreamingDestination", Effect::read, describe_kinesis_streaming_destination, false, kAlwaysOff},
    {"DescribeLimits", Effect::read, describe_limits},
    {"DescribeTable", Effect::read, describe_table},
    {"DescribeTimeToLive", Effect::read, describe_time_to_live},
    {"ExecuteStatement", Effect::data, execute_statement, true},
    {"ExecuteTransaction", Effect::data, execute_transaction, true},
    {"GetItem", Effect::read, get_item, true},
    {"GetResourcePolicy", Effect::read, get_resource_policy, false, kAlwaysOff},
    {"ListBackups", Effect::read, list_backups, false, kAlwaysOff},
    {"ListContributorInsights", Effect::read, list_contributor_insights, false, kAlwaysOff},
    {"ListExports", Effect::read, list_exports, false, kAlwaysOff},
    {"ListGlobalTables", Effect::read, list_global_tables, false, kAlwaysOff},
    {"ListImports", Effect::read, list_imports, false, kAlwaysOff},
    {"ListTables", Effect::read, list_tables},
    {"ListTagsOfResource", Effect::read, list_tags_of_resource},
    {"PutItem", Effect::data, put_item, true},
    {"Query", Effect::read, query, true},
    {"Scan", Effect::read, scan, true},
    {"TagResource", Effect::manage, tag_resource},
    {"TransactGetItems", Effect::read, transact_get_items, true},
    {"TransactWriteItems", Effect::data, transact_write_items, true},
    {"UntagResource", Effect::manage, untag_resource},
    {"UpdateItem", Effect::data, update_item, true},
    {"UpdateTable", Effect::manage, update_table, false, kTableFeatures},
    {"UpdateTimeToLive", Effect::manage, update_time_to_live},
};

}  // namespace

service::Service make_service(State& state) {
  service::Service service;
  service.model = &service::dynamodb_model();
  for (const Row& row : kRows) {
    service::Operation operation;
    operation.name = row.name;
    operation.effect = row.effect;
    operation.handler = [&state, handler = row.handler](service::Call& call) { return handler(state, call); };
    operation.raw = row.raw;
    operation.missing = row.missing;
    operation.check_first = row.check_first;
    service.operations.push_back(std::move(operation));
  }
  return service;
}

}  // namespace brume::dynamodb
