// The one table of CloudWatch Logs' operations.
#include "observe/logs/operations.h"

#include <algorithm>

#include "base/json_members.h"
#include "observe/logs/access.h"
#include "observe/logs/errors.h"
#include "service/access.h"

namespace brume::observe {
namespace {

/// Before the model's own limits, in other words than theirs.
void check_names(const boost::json::object& input) {
  constexpr std::ptrdiff_t kNameMax = 512;
  const auto characters = [](std::string_view text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  };
  for (const char* member : {"logGroupName", "logStreamName"})
    if (characters(text_view(input, member)) > kNameMax)
      throw invalid_parameter("Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
}

constexpr service::Refusal kGroupRefused[] = {{"kmsKeyId", {}, "encryption of log groups"},
                                              {"deletionProtectionEnabled", {}, "protection of log groups"},
                                              {"logGroupClass", "DELIVERY", "delivery of logs to other services"}};

}  // namespace

service::Service make_logs_service(LogsApi& api) {
  using service::Effect;
  const auto bind = [&api](Task<service::Reply> (LogsApi::*method)(service::Call&)) -> service::OperationHandler {
    return [&api, method](service::Call& call) {
      if (const auto words = service::refused_member(call.operation->refused, call.input)) throw not_supported(*words);
      return (api.*method)(call);
    };
  };
  service::Service made{
      &service::logs_model(),
      {
          {"CreateLogGroup",
           Effect::manage,
           bind(&LogsApi::create_log_group),
           log_group,
           false,
           {},
           nullptr,
           kGroupRefused},
          {"DeleteLogGroup", Effect::manage, bind(&LogsApi::delete_log_group), log_group, false, {}},
          {"DescribeLogGroups", Effect::read, bind(&LogsApi::describe_log_groups), service::no_resource, false,
           "linked accounts"},
          {"CreateLogStream", Effect::manage, bind(&LogsApi::create_log_stream), log_stream, false, {}},
          {"DeleteLogStream", Effect::manage, bind(&LogsApi::delete_log_stream), log_stream, false, {}},
          {"DescribeLogStreams", Effect::read, bind(&LogsApi::describe_log_streams), log_group, false,
           "linked accounts"},
          {"PutLogEvents", Effect::data, bind(&LogsApi::put_log_events), log_stream, false, "entity is not kept"},
          {"GetLogEvents", Effect::read, bind(&LogsApi::get_log_events), log_stream, false, "linked accounts; unmask"},
          {"FilterLogEvents", Effect::read, bind(&LogsApi::filter_log_events), log_group, false,
           "JSON, space-delimited and regular expression patterns (refused by name); linked accounts; unmask"},
          {"PutRetentionPolicy", Effect::manage, bind(&LogsApi::put_retention_policy), log_group, false, {}},
          {"DeleteRetentionPolicy", Effect::manage, bind(&LogsApi::delete_retention_policy), log_group, false, {}},
      }};
  for (service::Operation& operation : made.operations) operation.check_first = check_names;
  return made;
}

}  // namespace brume::observe
