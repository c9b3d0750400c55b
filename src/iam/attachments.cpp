// Which managed policies are attached to which roles and users.
#include "iam/control.h"
#include "iam/errors.h"
#include "iam/identifiers.h"

namespace brume::iam {
namespace {

constexpr std::size_t kAttachedMax = 10;

std::string_view quota(Kind kind) { return kind == Kind::role ? "PoliciesPerRole" : "PoliciesPerUser"; }

/// Under what name a policy is filed: the ARN it was made with, whatever the case of the letters that were sent.
json::object attachable_policy(store::Reader& reader, std::string_view account, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (parsed && parsed->kind() == "policy")
    if (auto policy = find_policy(reader, account, arn)) return std::move(*policy);
  if (!parsed) throw invalid_input("ARN " + arn + " is not valid.");
  throw no_such_entity("Policy " + arn + " does not exist or is not attachable.");
}

}  // namespace

Task<service::Reply> Control::attach_policy(Kind kind, Call& call) {
  return change(call.account(), [kind, account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, name_member(kind));
    require_entity(transaction, kind, account, name);
    const json::object policy = attachable_policy(transaction, account, text(input, "PolicyArn"));
    const std::string arn = text(policy, "Arn"), key = attached_key(kind, account, name, arn);
    if (read_record(transaction, key)) return json::object{};
    if (count_keys(transaction, attached_prefix(kind, account, name)) >= kAttachedMax)
      throw quota_exceeded(quota(kind), kAttachedMax);
    write_record(transaction, key,
                 {{"PolicyName", text(policy, "PolicyName")}, {"PolicyArn", arn}, {"Path", text(policy, "Path")}});
    transaction.put(attachment_key(account, arn, kind, name), {});
    return json::object{};
  });
}

Task<service::Reply> Control::detach_policy(Kind kind, Call& call) {
  return change(call.account(), [kind, account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, name_member(kind)), arn = text(input, "PolicyArn");
    require_entity(transaction, kind, account, name);
    if (!Arn::parse(arn)) throw invalid_input("ARN " + arn + " is not valid.");
    const std::string key = attached_key(kind, account, name, arn);
    if (!read_record(transaction, key)) throw no_such_entity("Policy " + arn + " was not found.");
    transaction.erase(key);
    transaction.erase(attachment_key(account, arn, kind, name));
    return json::object{};
  });
}

Task<service::Reply> Control::list_attached_policies(Kind kind, Call& call) {
  return read([kind, account = call.account(), input = call.input](store::Reader& reader) {
    const std::string name = text(input, name_member(kind));
    require_entity(reader, kind, account, name);
    auto make = [&](std::string_view, std::string_view value) -> std::optional<json::value> {
      json::object record = decode_record(value);
      if (!under_prefix(input, record)) return std::nullopt;
      record.erase("Path");
      return record;
    };
    return page_of_keys(reader, attached_prefix(kind, account, name), input, "AttachedPolicies", make);
  });
}

Task<service::Reply> Control::list_entities_for_policy(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    const std::string arn = text(require_policy(reader, account, text(input, "PolicyArn")), "Arn");
    const std::string filter = text(input, "EntityFilter");
    if (text(input, "PolicyUsageFilter") == "PermissionsBoundary" || filter == "LocalManagedPolicy" ||
        filter == "AWSManagedPolicy" || filter == "Group")
      return json::object{{"PolicyRoles", json::array()},
                          {"PolicyUsers", json::array()},
                          {"PolicyGroups", json::array()},
                          {"IsTruncated", false}};
    auto make = [&](std::string_view suffix, std::string_view) -> std::optional<json::value> {
      const Kind kind = static_cast<Kind>(suffix.front());
      if (!filter.empty() && (filter == "Role") != (kind == Kind::role)) return std::nullopt;
      json::object entity = require_entity(reader, kind, account, suffix.substr(1));
      if (!under_prefix(input, entity)) return std::nullopt;
      return entity;
    };
    json::object out = page_of_keys(reader, attachment_prefix(account, arn), input, "Entities", make);
    json::array roles, users;
    for (const json::value& item : out.at("Entities").as_array()) {
      const json::object& entity = item.as_object();
      if (entity.contains("RoleName"))
        roles.push_back({{"RoleName", text(entity, "RoleName")}, {"RoleId", text(entity, "RoleId")}});
      else users.push_back({{"UserName", text(entity, "UserName")}, {"UserId", text(entity, "UserId")}});
    }
    out.erase("Entities");
    out["PolicyRoles"] = std::move(roles);
    out["PolicyUsers"] = std::move(users);
    out["PolicyGroups"] = json::array();
    return out;
  });
}

}  // namespace brume::iam
