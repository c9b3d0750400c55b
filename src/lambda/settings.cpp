#include "lambda/settings.h"

#include <boost/json.hpp>
#include <set>

#include "lambda/environment/runtimes.h"
#include "lambda/errors.h"
#include "base/json_members.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

constexpr std::size_t kEnvironmentBytesMax = 4096;

/// AWS Lambda developer guide, "Defined runtime environment variables": the reserved ones.
const std::set<std::string_view>& reserved_variables() {
  static const std::set<std::string_view> names{"_HANDLER",
                                                "_X_AMZN_TRACE_ID",
                                                "AWS_DEFAULT_REGION",
                                                "AWS_REGION",
                                                "AWS_EXECUTION_ENV",
                                                "AWS_LAMBDA_FUNCTION_NAME",
                                                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                "AWS_LAMBDA_FUNCTION_VERSION",
                                                "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                "AWS_LAMBDA_LOG_GROUP_NAME",
                                                "AWS_LAMBDA_LOG_STREAM_NAME",
                                                "AWS_ACCESS_KEY",
                                                "AWS_ACCESS_KEY_ID",
                                                "AWS_SECRET_ACCESS_KEY",
                                                "AWS_SESSION_TOKEN",
                                                "AWS_LAMBDA_RUNTIME_API",
                                                "LAMBDA_TASK_ROOT",
                                                "LAMBDA_RUNTIME_DIR"};
  return names;
}

bool has_elements(const json::object& input, std::string_view key) {
  const json::value* value = input.if_contains(key);
  return value && value->is_array() && !value->get_array().empty();
}

template <class T>
void set_number(T& target, const json::object& input, std::string_view key) {
  if (const json::value* value = input.if_contains(key)) target = json::value_to<T>(*value);
}

void set_text(std::string& target, const json::object& input, std::string_view key) {
  if (const json::value* value = input.if_contains(key)) target = json::value_to<std::string>(*value);
}

void refuse_unsupported(const json::object& input) {
  if (has_elements(input, "Layers")) throw not_supported("layers");
  if (has_elements(input, "FileSystemConfigs")) throw not_supported("file systems of functions");
  if (input.contains("DurableConfig")) throw not_supported("durable functions");
  if (input.contains("ImageConfig") || text_view(input, "PackageType") == "Image")
    throw not_supported("container images");
  if (!text_view(input, "KMSKeyArn").empty()) throw not_supported("customer-managed keys of functions");
  if (!text_view(input, "CodeSigningConfigArn").empty()) throw not_supported("code signing");
  if (input.contains("CapacityProviderConfig")) throw not_supported("capacity providers");
  if (input.contains("TenancyConfig")) throw not_supported("tenant isolation");
  if (const auto* vpc = object_member(input, "VpcConfig");
      vpc && (has_elements(*vpc, "SubnetIds") || has_elements(*vpc, "SecurityGroupIds")))
    throw not_supported("functions in a VPC");
  if (const auto* dead_letter = object_member(input, "DeadLetterConfig");
      dead_letter && !text_view(*dead_letter, "TargetArn").empty())
    throw not_supported("dead-letter queues");
  if (const auto* tracing = object_member(input, "TracingConfig"); tracing && text_view(*tracing, "Mode") == "Active")
    throw not_supported("active tracing");
  if (const auto* snap = object_member(input, "SnapStart"); snap && text_view(*snap, "ApplyOn") == "PublishedVersions")
    throw not_supported("SnapStart");
}

/// The model's ranges are those of functions on capacity providers and of durable ones, which are refused above.
/// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
void require_ordinary_limits(const FunctionRecord& record) {
  constexpr std::uint32_t kTimeoutMax = 900, kMemoryMax = 10'240, kStorageMax = 10'240;
  const auto too_large = [](std::string_view member, std::uint32_t most) {
    return invalid_parameter("'" + std::string(member) +
                             "' value failed to satisfy constraint: Member must have value less than or equal to " +
                             std::to_string(most));
  };
  if (record.timeout_seconds > kTimeoutMax)
    throw AwsError(kValidationException, "1 validation error detected: Value '" +
                                             std::to_string(record.timeout_seconds) +
                                             "' at 'timeout' failed to satisfy constraint: Member must have value less "
                                             "than or equal to " +
                                             std::to_string(kTimeoutMax));
  if (record.memory_mb > kMemoryMax) throw too_large("MemorySize", kMemoryMax);
  if (record.ephemeral_storage_mb > kStorageMax) throw too_large("EphemeralStorage", kStorageMax);
}

void apply_environment(FunctionRecord& record, const json::object& input) {
  const json::object* environment = object_member(input, "Environment");
  if (!environment) return;
  std::map<std::string, std::string> variables;
  std::string reserved;
  std::size_t bytes = 0;
  if (const json::object* given = object_member(*environment, "Variables")) {
    for (const auto& [key, value] : *given) {
      if (reserved_variables().contains(std::string_view(key)))
        reserved += (reserved.empty() ? "" : ", ") + std::string(key);
      bytes += key.size() + value.as_string().size();
      variables.emplace(key, json::value_to<std::string>(value));
    }
  }
  if (!reserved.empty())
    throw invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. Reserved keys used in this "
        "request: " +
        reserved);
  if (bytes > kEnvironmentBytesMax)
    throw invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "exceeded the 4KB limit. String measured: " +
        json::serialize(*object_member(*environment, "Variables")));
  record.environment = std::move(variables);
  record.has_environment = true;
}

void apply_logging(FunctionRecord& record, const json::object& input) {
  const json::object* logging = object_member(input, "LoggingConfig");
  if (!logging) return;
  if (text_view(*logging, "LogFormat") == "JSON" || logging->contains("ApplicationLogLevel") ||
      logging->contains("SystemLogLevel"))
    throw not_supported("the JSON log format");
  set_text(record.log_group, *logging, "LogGroup");
}

}  // namespace

void require_network_tag(const FunctionRecord& record, FunctionNetwork most) {
  const auto tag = record.tags.find(std::string(kNetworkTag));
  if (tag == record.tags.end()) return;
  const auto wanted = network_named(tag->second);
  if (!wanted || *wanted == FunctionNetwork::host)
    throw invalid_parameter("The tag " + tag->first + " must be none, brume or open, not '" + tag->second + "'.");
  if (*wanted > most)
    throw invalid_parameter("The tag " + tag->first + " asks for '" + tag->second +
                            "', and this server gives functions '" + network_name(most) + "' at most.");
}

void apply_settings(FunctionRecord& record, const json::object& input) {
  refuse_unsupported(input);
  set_text(record.runtime, input, "Runtime");
  set_text(record.handler, input, "Handler");
  set_text(record.role, input, "Role");
  set_text(record.description, input, "Description");
  set_number(record.timeout_seconds, input, "Timeout");
  set_number(record.memory_mb, input, "MemorySize");
  if (const auto* storage = object_member(input, "EphemeralStorage"))
    set_number(record.ephemeral_storage_mb, *storage, "Size");
  require_ordinary_limits(record);
  if (!is_known_runtime(record.runtime)) throw not_supported("the runtime " + record.runtime);
  apply_environment(record, input);
  apply_logging(record, input);
}

}  // namespace brume::lambda
