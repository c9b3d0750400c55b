#include "lambda/function_record.h"

#include <boost/json.hpp>
#include <ctime>

#include "base/json_members.h"
#include "base/time_text.h"
#include "store/store.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

constexpr int kRecordVersion = 1;

json::object to_json(const std::map<std::string, std::string>& map) {
  json::object out;
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

std::map<std::string, std::string> map_from(const json::object& object) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : object) out.emplace(key, json::value_to<std::string>(value));
  return out;
}

/// The member, or `absent` if there is none. Errors: boost::system::system_error if it is something else.
template <class T>
T member_of(const json::object& object, std::string_view key, T absent) {
  const json::value* value = object.if_contains(key);
  return value ? json::value_to<T>(*value) : std::move(absent);
}

}  // namespace

std::string FunctionRecord::serialize() const {
  json::object out{{"format", kRecordVersion},
                   {"account", id.account},
                   {"region", id.region},
                   {"name", id.name},
                   {"runtime", runtime},
                   {"handler", handler},
                   {"role", role},
                   {"description", description},
                   {"timeout", timeout_seconds},
                   {"memory", memory_mb},
                   {"storage", ephemeral_storage_mb},
                   {"architecture", architecture},
                   {"log_group", log_group},
                   {"code_sha256", code_sha256},
                   {"code_bytes", code_bytes},
                   {"last_modified", last_modified},
                   {"revision", revision_id},
                   {"spec_revision", spec_revision},
                   {"settles_at", unix_millis(settles_at)},
                   {"is_new", is_new},
                   {"settled_revision", settled_revision},
                   {"policy", policy},
                   {"policy_revision", policy_revision},
                   {"tags", to_json(tags)}};
  if (has_environment) out["environment"] = to_json(environment);
  if (reserved_concurrency) out["reserved_concurrency"] = *reserved_concurrency;
  return json::serialize(out);
}

FunctionRecord FunctionRecord::parse(std::string_view text) try {
  const json::value value = json::parse(json::string_view(text.data(), text.size()));
  const json::object& in = value.as_object();
  if (json::value_to<int>(in.at("format")) != kRecordVersion)
    throw store::DamagedRecord("a function record has an unknown format");
  FunctionRecord out;
  out.id = {required_text(in, "account"), required_text(in, "region"), required_text(in, "name")};
  out.runtime = required_text(in, "runtime");
  out.handler = required_text(in, "handler");
  out.role = required_text(in, "role");
  out.code_sha256 = required_text(in, "code_sha256");
  out.description = member_of(in, "description", out.description);
  out.timeout_seconds = member_of(in, "timeout", out.timeout_seconds);
  out.memory_mb = member_of(in, "memory", out.memory_mb);
  out.ephemeral_storage_mb = member_of(in, "storage", out.ephemeral_storage_mb);
  out.architecture = member_of(in, "architecture", out.architecture);
  out.log_group = member_of(in, "log_group", "/aws/lambda/" + out.id.name);
  out.code_bytes = member_of(in, "code_bytes", out.code_bytes);
  out.last_modified = member_of(in, "last_modified", out.last_modified);
  out.revision_id = member_of(in, "revision", out.revision_id);
  out.spec_revision = member_of(in, "spec_revision", out.revision_id);
  out.settled_revision = member_of(in, "settled_revision", out.revision_id);
  out.settles_at = WallTime(std::chrono::milliseconds(member_of(in, "settles_at", std::int64_t{0})));
  out.is_new = member_of(in, "is_new", false);
  if (const json::value* policy = in.if_contains("policy")) out.policy = policy->as_array();
  out.policy_revision = member_of(in, "policy_revision", out.policy_revision);
  if (const json::value* tags = in.if_contains("tags")) out.tags = map_from(tags->as_object());
  if (const json::value* environment = in.if_contains("environment")) {
    out.has_environment = true;
    out.environment = map_from(environment->as_object());
  }
  if (const json::value* reserved = in.if_contains("reserved_concurrency"))
    out.reserved_concurrency = json::value_to<std::uint32_t>(*reserved);
  return out;
} catch (const store::StoreError&) {
  throw;
} catch (const std::exception& error) {
  throw store::DamagedRecord(std::string("a function record is malformed: ") + error.what());
}

json::object FunctionRecord::configuration(WallTime now) const {
  json::object out{{"FunctionName", id.name},
                   {"FunctionArn", id.arn()},
                   {"Runtime", runtime},
                   {"Role", role},
                   {"Handler", handler},
                   {"CodeSize", code_bytes},
                   {"Description", description},
                   {"Timeout", timeout_seconds},
                   {"MemorySize", memory_mb},
                   {"LastModified", last_modified},
                   {"CodeSha256", code_sha256},
                   {"Version", "$LATEST"},
                   {"TracingConfig", {{"Mode", "PassThrough"}}},
                   {"RevisionId", revision(now)},
                   {"PackageType", "Zip"},
                   {"Architectures", json::array{architecture}},
                   {"EphemeralStorage", {{"Size", ephemeral_storage_mb}}},
                   {"SnapStart", {{"ApplyOn", "None"}, {"OptimizationStatus", "Off"}}},
                   {"LoggingConfig", {{"LogFormat", "Text"}, {"LogGroup", log_group}}}};
  if (has_environment) out["Environment"] = json::object{{"Variables", to_json(environment)}};
  return out;
}

void FunctionRecord::show_state(json::object& configuration, WallTime now) const {
  constexpr std::string_view kReason = "The function is being created.",
                             kCode = "Creating";  // AWS says it of updates, too
  const bool unsettled = settling(now);
  configuration["State"] = unsettled && is_new ? "Pending" : "Active";
  if (unsettled && is_new) {
    configuration["StateReason"] = kReason;
    configuration["StateReasonCode"] = kCode;
    return;
  }
  configuration["LastUpdateStatus"] = unsettled ? "InProgress" : "Successful";
  if (!unsettled) return;
  configuration["LastUpdateStatusReason"] = kReason;
  configuration["LastUpdateStatusReasonCode"] = kCode;
}

std::shared_ptr<const FunctionSpec> FunctionRecord::spec(const std::string& code_folder) const {
  auto out = std::make_shared<FunctionSpec>();
  out->account = id.account;
  out->region = id.region;
  out->name = id.name;
  out->version = "$LATEST";
  out->arn = id.arn();
  out->revision = spec_revision;
  out->network = network();
  if (out->network)
    out->revision += std::string("/") + network_name(*out->network);  // environments have one of their own
  out->runtime = runtime;
  out->handler = handler;
  out->code_folder = code_folder;
  out->memory_mb = memory_mb;
  out->ephemeral_storage_mb = ephemeral_storage_mb;
  out->timeout = std::chrono::seconds(timeout_seconds);
  out->environment.assign(environment.begin(), environment.end());
  out->log_group = log_group;
  out->reserved_concurrency = reserved_concurrency;
  return out;
}

std::optional<FunctionNetwork> FunctionRecord::network() const {
  const auto tag = tags.find(std::string(kNetworkTag));
  if (tag == tags.end()) return std::nullopt;
  return network_named(tag->second).value_or(FunctionNetwork::none);
}

void FunctionRecord::touch(Random& random, WallTime now, std::chrono::milliseconds delay) {
  touch_revision(random);
  spec_revision = revision_id;
  settles_at = now + delay;
  last_modified = iso_millis(now) + "+0000";
}

void FunctionRecord::touch_revision(Random& random) {
  revision_id = random.uuid();
  settled_revision = random.uuid();
}

}  // namespace brume::lambda
