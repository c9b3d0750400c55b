// Roles.
#include "base/encoding.h"
#include "iam/control.h"
#include "iam/errors.h"
#include "iam/identifiers.h"
#include "iam/policy_document.h"

namespace brume::iam {
namespace {

constexpr std::size_t kRolesMax = 1000;
constexpr std::size_t kTrustPolicyMax = 2048;
constexpr std::int64_t kMaxSessionDuration = 3600;

void check_trust(const std::string& document) {
  check_trust_policy(document);
  if (policy_size(document) > kTrustPolicyMax) throw quota_exceeded("ACLSizePerRole", kTrustPolicyMax);
}

json::object role_output(json::object role) {
  role["AssumeRolePolicyDocument"] = percent_encode(text(role, "AssumeRolePolicyDocument"));
  return role;
}

}  // namespace

Task<service::Reply> Control::create_role(Call& call) {
  const std::string account = call.account(), name = text(call.input, "RoleName"), path = checked_path(call.input);
  const std::string trust = text(call.input, "AssumeRolePolicyDocument");
  check_trust(trust);
  json::object role{{"Path", path},
                    {"RoleName", name},
                    {"RoleId", new_unique_id(random_, "AROA")},
                    {"Arn", iam_arn(service::partition_of(call.region), account, "role", path, name)},
                    {"CreateDate", now()},
                    {"AssumeRolePolicyDocument", trust},
                    {"MaxSessionDuration", whole(call.input, "MaxSessionDuration", kMaxSessionDuration)}};
  copy_member(call.input, role, "Description");
  set_tags(role, call.input);
  return change(account, [account, name, role](store::Transaction& transaction) {
    const std::string key = entity_key(Kind::role, account, name);
    if (read_record(transaction, key)) throw already_exists("Role with name " + name + " already exists.");
    if (count_keys(transaction, entity_prefix(Kind::role, account)) >= kRolesMax)
      throw quota_exceeded("RolesPerAccount", kRolesMax);
    write_record(transaction, key, role);
    return json::object{{"Role", role_output(role)}};
  });
}

Task<service::Reply> Control::get_role(Call& call) {
  return read([account = call.account(), name = text(call.input, "RoleName")](store::Reader& reader) {
    json::object role = role_output(require_entity(reader, Kind::role, account, name));
    role["RoleLastUsed"] = json::object{};
    return json::object{{"Role", std::move(role)}};
  });
}

Task<service::Reply> Control::list_roles(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    auto make = [&](std::string_view, std::string_view value) -> std::optional<json::value> {
      json::object role = decode_record(value);
      if (!under_prefix(input, role)) return std::nullopt;
      role.erase("Tags");  // as AWS: tags are told of one role at a time
      return role_output(std::move(role));
    };
    return page_of_keys(reader, entity_prefix(Kind::role, account), input, "Roles", make);
  });
}

Task<service::Reply> Control::update_role(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, "RoleName");
    json::object role = require_entity(transaction, Kind::role, account, name);
    copy_member(input, role, "Description");
    copy_member(input, role, "MaxSessionDuration");
    write_record(transaction, entity_key(Kind::role, account, name), role);
    return json::object{};
  });
}

Task<service::Reply> Control::update_role_description(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, "RoleName");
    json::object role = require_entity(transaction, Kind::role, account, name);
    copy_member(input, role, "Description");
    write_record(transaction, entity_key(Kind::role, account, name), role);
    return json::object{{"Role", role_output(std::move(role))}};
  });
}

Task<service::Reply> Control::update_assume_role_policy(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, "RoleName"), trust = text(input, "PolicyDocument");
    json::object role = require_entity(transaction, Kind::role, account, name);
    check_trust(trust);
    role["AssumeRolePolicyDocument"] = trust;
    write_record(transaction, entity_key(Kind::role, account, name), role);
    return json::object{};
  });
}

Task<service::Reply> Control::delete_role(Call& call) {
  auto body = [account = call.account(), name = text(call.input, "RoleName")](store::Transaction& transaction) {
    require_entity(transaction, Kind::role, account, name);
    require_no_policies(transaction, Kind::role, account, name);
    transaction.erase(entity_key(Kind::role, account, name));
    return json::object{};
  };
  return change(call.account(), std::move(body));  // its sessions end with it (credentials.h)
}

}  // namespace brume::iam
