#include <algorithm>

#include "observe/logs/api.h"
#include "observe/logs/input.h"
#include "observe/logs/tokens.h"
#include "observe/logs/write.h"

namespace brume::observe {
namespace json = boost::json;
namespace {

constexpr std::int64_t kRetentionDays[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                           365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
constexpr std::size_t kGroupsMax = 50;

std::string retention_problem(std::int64_t days) {
  std::string text = "1 validation error detected: Value '" + std::to_string(days) +
                     "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [";
  for (std::int64_t allowed : kRetentionDays) text += (allowed == 1 ? "" : ", ") + std::to_string(allowed);
  return text + "]";
}

json::object describe(const GroupName& name, const GroupRecord& record, std::uint64_t bytes) {
  const std::string arn = group_arn(name);
  json::object out{{"logGroupName", name.name}, {"creationTime", record.created},
                   {"metricFilterCount", 0},    {"arn", arn + ":*"},
                   {"storedBytes", bytes},      {"logGroupClass", record.group_class},
                   {"logGroupArn", arn},        {"deletionProtectionEnabled", false}};
  if (record.retention_days) out["retentionInDays"] = *record.retention_days;
  return out;
}

struct GroupQuery {
  GroupName prefix;  ///< account, region, and what names start with
  std::string pattern;
  std::string group_class;
  std::vector<std::string> names;  ///< only these, if any
  std::string after;
  std::size_t limit = kGroupsMax;

  bool wants(const GroupName& name, const GroupRecord& record) const {
    if (!pattern.empty() && name.name.find(pattern) == std::string::npos) return false;
    if (!group_class.empty() && record.group_class != group_class) return false;
    return names.empty() || std::find(names.begin(), names.end(), name.name) != names.end();
  }
};

GroupQuery group_query(const service::Call& call) {
  GroupQuery query;
  query.prefix = {call.account(), call.region, optional_text(call.input, "logGroupNamePrefix").value_or("")};
  query.pattern = optional_text(call.input, "logGroupNamePattern").value_or("");
  if (!query.prefix.name.empty() && !query.pattern.empty())
    throw invalid_parameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  query.group_class = optional_text(call.input, "logGroupClass").value_or("");
  if (const auto* identifiers = call.input.if_contains("logGroupIdentifiers"))
    for (const auto& identifier : identifiers->as_array())
      query.names.push_back(group_of_identifier(call, json::value_to<std::string>(identifier)).name);
  if (const auto token = optional_text(call.input, "nextToken")) query.after = key_of_token(*token);
  query.limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(optional_whole(call.input, "limit").value_or(kGroupsMax), 1, kGroupsMax));
  return query;
}

json::object find_groups(store::Reader& reader, const GroupQuery& query) {
  json::array groups;
  json::object out;
  std::string last;
  store::Range range = store::Range::of_prefix(group_key(query.prefix));
  if (!query.after.empty())
    range.begin = std::max(range.begin, group_prefix(query.prefix.account, query.prefix.region) + query.after + '\0');
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    const GroupName name = group_name_of(cursor->key());
    const GroupRecord record = GroupRecord::parse(cursor->value());
    if (!query.wants(name, record)) continue;
    if (groups.size() == query.limit) {
      out["nextToken"] = key_token(last);
      break;
    }
    json::object shown = describe(name, record, stored_bytes(reader, record.id));
    if (!query.pattern.empty()) {  // AWS looks these up elsewhere then, without what is slow to know
      shown.erase("storedBytes");
      shown.erase("deletionProtectionEnabled");
    }
    groups.push_back(std::move(shown));
    last = name.name;
  }
  out["logGroups"] = std::move(groups);
  return out;
}

}  // namespace

Task<service::Reply> LogsApi::create_log_group(Call& call) {
  const GroupName name = group_named(call);
  GroupRecord record;
  record.created = now();
  record.group_class = optional_text(call.input, "logGroupClass").value_or("STANDARD");
  if (const auto* tags = call.input.if_contains("tags"))
    record.tags = json::value_to<std::map<std::string, std::string>>(*tags);
  auto body = [&](store::Transaction& transaction) {
    if (find_group(transaction, name)) throw AwsError(kResourceAlreadyExists, "The specified log group already exists");
    CommitNumbers numbers(transaction);
    create_group(transaction, numbers, name, record);
  };
  co_await store_.run(store::lock_on(group_key(name)), body);
  co_return Reply{};
}

Task<service::Reply> LogsApi::delete_log_group(Call& call) {
  const GroupName name = group_named(call);
  co_await logs_.flush();  // output from before the call must not bring the group back
  auto body = [&](store::Transaction& transaction) {
    const GroupRecord record = require_group(transaction, name);
    transaction.erase(group_key(name));
    transaction.put(removed_group_key(record.id), "");
  };
  co_await store_.run(store::lock_on(group_key(name)), body);
  maintenance_.wake();
  co_return Reply{};
}

Task<service::Reply> LogsApi::describe_log_groups(Call& call) {
  const GroupQuery query = group_query(call);
  co_await logs_.flush();
  auto body = [&](store::Reader& reader) { return find_groups(reader, query); };
  Reply reply;
  reply.output = co_await store_.read(body);
  co_return reply;
}

Task<> LogsApi::set_retention(GroupName name, std::optional<std::int64_t> days) {
  auto body = [&](store::Transaction& transaction) {
    GroupRecord record = require_group(transaction, name);
    record.retention_days = days;
    transaction.put(group_key(name), record.serialize());
  };
  co_await store_.run(store::lock_on(group_key(name)), body);
  if (days) maintenance_.wake();
}

Task<service::Reply> LogsApi::put_retention_policy(Call& call) {
  const std::int64_t days = optional_whole(call.input, "retentionInDays").value_or(0);
  if (std::find(std::begin(kRetentionDays), std::end(kRetentionDays), days) == std::end(kRetentionDays))
    throw invalid_parameter(retention_problem(days));
  co_await set_retention(group_named(call), days);
  co_return Reply{};
}

Task<service::Reply> LogsApi::delete_retention_policy(Call& call) {
  co_await set_retention(group_named(call), std::nullopt);
  co_return Reply{};
}

}  // namespace brume::observe
