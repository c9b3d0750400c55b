#include "lambda/settings.h"

#include <boost/json.hpp>
#include <algorithm>
#include <set>

#include "lambda/environment/runtimes.h"
#include "lambda/errors.h"
#include "base/json_members.h"
#include "service/validate.h"

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

template <class T>
void set_number(T& target, const json::object& input, std::string_view key) {
  if (const json::value* value = input.if_contains(key)) target = json::value_to<T>(*value);
}

void set_text(std::string& target, const json::object& input, std::string_view key) {
  if (const json::value* value = input.if_contains(key)) target = json::value_to<std::string>(*value);
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
  if (const json::object* given = object_member(*environment, "Variables")) {
    for (const auto& [key, value] : *given) {
      if (reserved_variables().contains(std::string_view(key)))
        reserved += (reserved.empty() ? "" : ", ") + std::string(key);
      variables.emplace(key, json::value_to<std::string>(value));
    }
  }
  if (!reserved.empty())
    throw invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. Reserved keys used in this "
        "request: " +
        reserved);
  if (const json::object* given = object_member(*environment, "Variables")) {
    const std::string measured = json::serialize(*given);
    if (measured.size() > kEnvironmentBytesMax)
      throw invalid_parameter(
          "Lambda was unable to configure your environment variables because the environment variables you have "
          "provided exceeded the 4KB limit. String measured: " +
          measured);
  }
  record.environment = std::move(variables);
  record.has_environment = true;
}

void apply_logging(FunctionRecord& record, const json::object& input) {
  const json::object* logging = object_member(input, "LoggingConfig");
  if (!logging) return;
  set_text(record.log_group, *logging, "LogGroup");
}

// The order is AWS's own, of none that one could see.
constexpr std::string_view kRuntimes =
    "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, "
    "python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, "
    "java11, dotnet6, nodejs18.x, provided.al2, java8.al2]";

/// Those of the model that functions can neither be created with nor changed to.
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtimes-deprecated
constexpr std::string_view kEnded[] = {
    "nodejs",        "nodejs4.3",     "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x",    "nodejs12.x",
    "nodejs14.x",    "java8",         "python2.7",      "python3.6",  "python3.7",  "dotnetcore1.0", "dotnetcore2.0",
    "dotnetcore2.1", "dotnetcore3.1", "go1.x",          "ruby2.5",    "ruby2.7",    "provided"};

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

void check_runtime(std::string_view operation, const json::object& input) {
  const json::value* given = input.if_contains("Runtime");
  if (!given || !given->is_string()) return;
  const std::string_view runtime = given->get_string();
  const service::ServiceModel& model = service::lambda_model();
  const service::Shape& shape = model.shape(model.operation(operation)->input);
  const auto member = std::find_if(shape.members.begin(), shape.members.end(),
                                   [](const service::Member& one) { return one.name == "Runtime"; });
  const auto all = model.shape(member->shape).enum_values;
  const bool known = std::find(all.begin(), all.end(), runtime) != all.end();
  const bool ended = std::find(std::begin(kEnded), std::end(kEnded), runtime) != std::end(kEnded);
  if (known && !ended) return;
  json::object rest = input;
  rest.erase("Runtime");
  service::validate(model, shape, rest);
  if (ended)
    throw invalid_parameter("The runtime parameter of " + std::string(runtime) +
                            " is no longer supported for creating or updating AWS Lambda functions. We recommend you "
                            "use a supported runtime while creating or updating functions.");
  throw invalid_parameter("Value " + std::string(runtime) +
                          " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: " +
                          std::string(kRuntimes) + " or be a valid ARN");
}

void add_tags(FunctionRecord& record, const json::object& tags) {
  constexpr std::size_t kTagsMax = 50;
  for (const auto& [key, value] : tags) record.tags.insert_or_assign(key, json::value_to<std::string>(value));
  if (record.tags.size() > kTagsMax) throw invalid_parameter("Number of tags exceeds resource tag limit.");
}

void apply_settings(FunctionRecord& record, const json::object& input) {
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
