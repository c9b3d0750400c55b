#include "dynamodb/operations.h"

#include "dynamodb/access.h"
#include "dynamodb/item/batch_operations.h"
#include "dynamodb/item/item_operations.h"
#include "dynamodb/partiql/partiql_operations.h"
#include "dynamodb/read/read_operations.h"
#include "dynamodb/control/absent_features.h"
#include "dynamodb/control/table_operations.h"
#include "dynamodb/transaction/transact_operations.h"
#include "dynamodb/ttl/ttl_operations.h"
#include "service/access.h"

namespace brume::dynamodb {
namespace {

using Handler = Task<service::Reply> (*)(State&, service::Call&);
using service::Effect;
using service::no_resource;

struct Row {
  std::string_view name;
  Effect effect;
  Handler handler;
  service::AccessOf resource_of;
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
    {"BatchExecuteStatement", Effect::data, batch_execute_statement, statements, true},
    {"BatchGetItem", Effect::read, batch_get_item, batched_tables, true},
    {"BatchWriteItem", Effect::data, batch_write_item, batched_tables, true},
    {"CreateTable", Effect::manage, create_table, table_with_tags, false, kTableFeatures, check_create_table_name},
    {"DeleteItem", Effect::data, delete_item, item_table, true},
    {"DeleteTable", Effect::manage, delete_table, named_table},
    {"DescribeContinuousBackups", Effect::read, describe_continuous_backups, named_table, false, kAlwaysOff},
    {"DescribeContributorInsights", Effect::read, describe_contributor_insights, table_or_index, false, kAlwaysOff},
    {"DescribeEndpoints", Effect::read, describe_endpoints, no_resource},
    {"DescribeKinesisStreamingDestination", Effect::read, describe_kinesis_streaming_destination, named_table, false,
     kAlwaysOff},
    {"DescribeLimits", Effect::read, describe_limits, no_resource},
    {"DescribeTable", Effect::read, describe_table, named_table},
    {"DescribeTimeToLive", Effect::read, describe_time_to_live, named_table},
    {"ExecuteStatement", Effect::data, execute_statement, statements, true},
    {"ExecuteTransaction", Effect::data, execute_transaction, statements, true},
    {"GetItem", Effect::read, get_item, item_table, true},
    {"GetResourcePolicy", Effect::read, get_resource_policy, given_resource, false, kAlwaysOff},
    {"ListBackups", Effect::read, list_backups, no_resource, false, kAlwaysOff},
    {"ListContributorInsights", Effect::read, list_contributor_insights, no_resource, false, kAlwaysOff},
    {"ListExports", Effect::read, list_exports, given_table_if_any, false, kAlwaysOff},
    {"ListGlobalTables", Effect::read, list_global_tables, no_resource, false, kAlwaysOff},
    {"ListImports", Effect::read, list_imports, given_table_if_any, false, kAlwaysOff},
    {"ListTables", Effect::read, list_tables, no_resource},
    {"ListTagsOfResource", Effect::read, list_tags_of_resource, given_resource},
    {"PutItem", Effect::data, put_item, item_table, true},
    {"Query", Effect::read, query, read_table, true},
    {"Scan", Effect::read, scan, read_table, true},
    {"TagResource", Effect::manage, tag_resource, given_resource},
    {"TransactGetItems", Effect::read, transact_get_items, transacted_items, true},
    {"TransactWriteItems", Effect::data, transact_write_items, transacted_items, true},
    {"UntagResource", Effect::manage, untag_resource, given_resource},
    {"UpdateItem", Effect::data, update_item, item_table, true},
    {"UpdateTable", Effect::manage, update_table, named_table, false, kTableFeatures},
    {"UpdateTimeToLive", Effect::manage, update_time_to_live, named_table},
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
    operation.resource_of = row.resource_of;
    operation.raw = row.raw;
    operation.missing = row.missing;
    operation.check_first = row.check_first;
    service.operations.push_back(std::move(operation));
  }
  return service;
}

}  // namespace brume::dynamodb
