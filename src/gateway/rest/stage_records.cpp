#include "gateway/rest/stage_records.h"

#include <algorithm>
#include <charconv>

#include "gateway/errors.h"
#include "gateway/keys.h"

namespace brume::gateway {

namespace {

// AWS's list, with AWS's missing commas.
constexpr std::string_view kStagePaths =
    "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled]";

bool word_character(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void check_variable(std::string_view name, const json::value& value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), word_character))
    throw bad_request("Stage variable names can only contain alphanumeric characters and underscores: " +
                      std::string(name));
  constexpr std::string_view kSymbols = " -._:/?&=,@~#";
  std::string_view content = value.is_string() ? std::string_view(value.get_string()) : std::string_view{};
  bool valid = value.is_string() && std::all_of(content.begin(), content.end(), [&](char c) {
                 return word_character(static_cast<unsigned char>(c)) || kSymbols.find(c) != std::string_view::npos;
               });
  if (!valid)
    throw bad_request("Invalid stage variable value: " + (value.is_string() ? std::string(content) : "null") +
                      ". Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', "
                      "'?', '&', '=', and ','.");
}

AwsError nothing_to_remove(const Patch& patch) {
  return bad_request("Cannot remove method setting " + patch.path.substr(patch.path.starts_with('/') ? 1 : 0) +
                     " because there is no method setting for this method ");
}

void patch_access_log(const Patch& patch) {
  if (patch.is("remove")) {
    if (!patch.at("accessLogSettings")) throw nothing_to_remove(patch);
    return;
  }
  if (patch.segments.size() != 2 || (patch.segments[1] != "destinationArn" && patch.segments[1] != "format"))
    throw bad_request(
        "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, "
        "/accessLogSettings/format]");
  if (patch.value_or_empty().empty()) throw bad_request("Access Log value must not be empty");
  throw not_supported("accessLogSettings (access logs)");
}

json::object default_setting() {
  return {{"metricsEnabled", false},
          {"dataTraceEnabled", false},
          {"throttlingBurstLimit", 5000},
          {"throttlingRateLimit", 10000.0},
          {"cachingEnabled", false},
          {"cacheTtlInSeconds", 300},
          {"cacheDataEncrypted", false},
          {"requireAuthorizationForCacheControl", true},
          {"unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER"}};
}

/// /RESOURCE/METHOD/GROUP/NAME. Only what has an effect, or is off, is taken.
void patch_setting(const Patch& patch, json::object& stage) {
  std::string key = patch.segments[0] + "/" + patch.segments[1];
  json::object& settings = object_at(stage, "methodSettings");
  if (patch.is("remove")) {
    if (!settings.contains(key)) throw nothing_to_remove(patch);
    settings.erase(key);
    return;
  }
  std::string name = patch.segments[2] + "/" + patch.segments[3];
  json::object setting = settings.contains(key) ? settings[key].as_object() : default_setting();
  if (name == "metrics/enabled") {
    setting["metricsEnabled"] = patch.truth();
  } else if (name == "logging/loglevel") {
    if (patch.value_or_empty() != "OFF") throw not_supported("logging/loglevel (execution logs)");
    setting["loggingLevel"] = "OFF";
  } else if (name == "logging/dataTrace") {
    if (patch.truth()) throw not_supported("logging/dataTrace (execution logs)");
  } else if (name == "throttling/burstLimit" || name == "throttling/rateLimit") {
    throw not_supported(name + " (throttling of methods)");
  } else if (name == "caching/enabled") {
    if (patch.truth()) throw not_supported("caching/enabled (response caching)");
  } else if (patch.segments[2] == "caching") {
    throw not_supported(name + " (response caching)");
  } else {
    throw bad_request("Invalid method setting path: " + patch.path + ". Must be one of: " + std::string(kStagePaths));
  }
  settings[key] = std::move(setting);
}

void patch_variable(const Patch& patch, json::object& stage) {
  if (patch.is("remove")) {
    if (object_member(stage, "variables")) object_at(stage, "variables").erase(patch.key());
    return erase_if_empty(stage, "variables");
  }
  json::value value = patch.value ? json::value(*patch.value) : json::value(nullptr);
  check_variable(patch.key(), value);
  object_at(stage, "variables")[patch.key()] = std::move(value);
}

}  // namespace

json::object new_stage(const NewStage& given) {
  bool valid = !given.name.empty() && given.name.size() <= 128 && valid_identifier(given.name);
  if (!valid) throw bad_request("Stage name only allows a-zA-Z0-9_-");
  json::object stage{{"deploymentId", given.deployment}, {"stageName", given.name}};
  if (!given.description.empty()) stage["description"] = given.description;
  stage["cacheClusterEnabled"] = false;
  stage["cacheClusterStatus"] = "NOT_AVAILABLE";
  stage["methodSettings"] = json::object{};
  stage["tracingEnabled"] = false;
  set_variables(stage, given.variables);
  if (given.tags && !given.tags->empty()) stage["tags"] = *given.tags;
  stage["createdDate"] = given.now;
  stage["lastUpdatedDate"] = given.now;
  return stage;
}

void set_variables(json::object& stage, const json::object* variables) {
  if (!variables) return;
  for (const auto& variable : *variables) {
    check_variable(variable.key(), variable.value());
    object_at(stage, "variables")[variable.key()] = variable.value();
  }
}

void patch_stage(const Patch& patch, json::object& stage,
                 const std::function<bool(std::string_view)>& deployment_exists) {
  if (patch.is("copy") || patch.segments[0] == "canarySettings")
    throw not_supported("canarySettings (canary releases)");
  only_edits(patch);
  if (patch.segments[0] == "accessLogSettings") return patch_access_log(patch);
  if (patch.under("variables")) return patch_variable(patch, stage);
  bool setting = patch.segments.size() == 4 || (patch.segments.size() == 2 && patch.is("remove"));
  if (setting) return patch_setting(patch, stage);
  std::string value = patch.value_or_empty();
  if (patch.at("deploymentId")) {
    if (!deployment_exists(value)) throw bad_request("Deployment id does not exist");
    stage["deploymentId"] = value;
  } else if (patch.at("description")) {
    if (patch.is("remove")) stage.erase("description");
    else replace_text(patch, stage, "description");
  } else if (patch.at("tracingEnabled")) {
    if (patch.truth()) throw not_supported("tracingEnabled (X-Ray tracing)");
  } else if (patch.at("cacheClusterEnabled")) {
    if (patch.truth()) throw not_supported("cacheClusterEnabled (response caching)");
  } else if (patch.at("cacheClusterSize")) {
    throw not_supported("cacheClusterSize (response caching)");
  } else if (patch.at("clientCertificateId")) {
    if (!value.empty()) throw bad_request("Invalid Client Certificate identifier specified");
  } else {
    throw bad_request("Invalid method setting path: " + patch.path + ". Must be one of: " + std::string(kStagePaths));
  }
}

}  // namespace brume::gateway
