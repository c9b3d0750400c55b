// The one table of CloudWatch Logs' operations.
#include "observe/logs/operations.h"

namespace brume::observe {

service::Service make_logs_service(LogsApi& api) {
  using service::Effect;
  const auto bind = [&api](Task<service::Reply> (LogsApi::*method)(service::Call&)) -> service::OperationHandler {
    return [&api, method](service::Call& call) { return (api.*method)(call); };
  };
  return {&service::logs_model(),
          {
              {"CreateLogGroup", Effect::manage, bind(&LogsApi::create_log_group), false,
               "kmsKeyId, deletionProtectionEnabled, the classes DELIVERY and ESSENTIALS (each refused by name)"},
              {"DeleteLogGroup", Effect::manage, bind(&LogsApi::delete_log_group), false, {}},
              {"DescribeLogGroups", Effect::read, bind(&LogsApi::describe_log_groups), false, "linked accounts"},
              {"CreateLogStream", Effect::manage, bind(&LogsApi::create_log_stream), false, {}},
              {"DeleteLogStream", Effect::manage, bind(&LogsApi::delete_log_stream), false, {}},
              {"DescribeLogStreams", Effect::read, bind(&LogsApi::describe_log_streams), false, "linked accounts"},
              {"PutLogEvents", Effect::data, bind(&LogsApi::put_log_events), false, "entity is not kept"},
              {"GetLogEvents", Effect::read, bind(&LogsApi::get_log_events), false, "linked accounts; unmask"},
              {"FilterLogEvents", Effect::read, bind(&LogsApi::filter_log_events), false,
               "JSON, space-delimited and regular expression patterns (refused by name); linked accounts; unmask"},
              {"PutRetentionPolicy", Effect::manage, bind(&LogsApi::put_retention_policy), false, {}},
              {"DeleteRetentionPolicy", Effect::manage, bind(&LogsApi::delete_retention_policy), false, {}},
          }};
}

}  // namespace brume::observe
