// Managed policies: the account's own, and AWS's.
#include <algorithm>

#include "iam/control.h"
#include "iam/errors.h"
#include "iam/identifiers.h"
#include "iam/managed_policies.h"
#include "iam/policy_document.h"

namespace brume::iam {
namespace {

constexpr std::size_t kPoliciesMax = 1500;

json::object record_of(const ManagedPolicy& policy) {
  json::object record{{"PolicyName", policy.name},
                      {"PolicyId", policy.unique_id()},
                      {"Arn", policy.arn()},
                      {"Path", policy.path},
                      {"DefaultVersionId", policy.version},
                      {"PermissionsBoundaryUsageCount", 0},
                      {"IsAttachable", true},
                      {"CreateDate", static_cast<double>(policy.created)},
                      {"UpdateDate", static_cast<double>(policy.updated)}};
  if (!policy.description.empty()) record["Description"] = policy.description;
  return record;
}

json::object policy_output(store::Reader& reader, std::string_view account, json::object policy) {
  policy["AttachmentCount"] = count_keys(reader, attachment_prefix(account, text(policy, "Arn")));
  policy.erase("LastVersion");
  return policy;
}

/// ListPolicies tells neither description nor tags.
std::optional<json::object> listed(store::Reader& reader, std::string_view account, const json::object& input,
                                   json::object policy) {
  if (!under_prefix(input, policy)) return std::nullopt;
  policy = policy_output(reader, account, std::move(policy));
  if (flag(input, "OnlyAttached") && whole(policy, "AttachmentCount", 0) == 0) return std::nullopt;
  policy.erase("Description");
  policy.erase("Tags");
  return policy;
}

}  // namespace

std::optional<json::object> find_policy(store::Reader& reader, std::string_view account, const std::string& arn) {
  if (const ManagedPolicy* policy = find_managed_policy(arn)) return record_of(*policy);
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->account != account) return std::nullopt;
  auto record = read_record(reader, policy_key(account, parsed->name()));
  if (!record || text(*record, "Arn") != arn) return std::nullopt;
  return record;
}

json::object require_policy(store::Reader& reader, std::string_view account, const std::string& arn) {
  if (!Arn::parse(arn)) throw invalid_input("ARN " + arn + " is not valid.");
  if (auto record = find_policy(reader, account, arn)) return std::move(*record);
  throw no_such_entity("Policy " + arn + " was not found.");
}

json::object require_own_policy(store::Reader& reader, std::string_view account, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (parsed && parsed->account != account) throw denied("Policy is outside your own account.");
  return require_policy(reader, account, arn);
}

void write_policy(store::Transaction& transaction, std::string_view account, const json::object& policy) {
  write_record(transaction, policy_key(account, text(policy, "PolicyName")), policy);
}

Task<service::Reply> Control::create_policy(Call& call) {
  const std::string account = call.account(), name = text(call.input, "PolicyName"), path = checked_path(call.input);
  const std::string document = text(call.input, "PolicyDocument");
  check_managed_document(document);
  const double created = now();
  json::object policy{{"PolicyName", name},
                      {"PolicyId", new_unique_id(random_, "ANPA")},
                      {"Arn", iam_arn(service::partition_of(call.region), account, "policy", path, name)},
                      {"Path", path},
                      {"DefaultVersionId", "v1"},
                      {"LastVersion", 1},
                      {"PermissionsBoundaryUsageCount", 0},
                      {"IsAttachable", true},
                      {"CreateDate", created},
                      {"UpdateDate", created}};
  copy_member(call.input, policy, "Description");
  set_tags(policy, call.input);
  json::object version{{"Document", document}, {"VersionId", "v1"}, {"CreateDate", created}};
  return change(account, [account, name, policy, version](store::Transaction& transaction) {
    if (read_record(transaction, policy_key(account, name)))
      throw already_exists("A policy called " + name + " already exists. Duplicate names are not allowed.");
    if (count_keys(transaction, policy_prefix(account)) >= kPoliciesMax)
      throw quota_exceeded("PoliciesPerAccount", kPoliciesMax);
    write_policy(transaction, account, policy);
    write_record(transaction, version_key(account, name, 1), version);
    json::object out = policy_output(transaction, account, policy);
    out.erase("Description");  // as AWS: GetPolicy tells it
    return json::object{{"Policy", std::move(out)}};
  });
}

Task<service::Reply> Control::get_policy(Call& call) {
  return read([account = call.account(), arn = text(call.input, "PolicyArn")](store::Reader& reader) {
    return json::object{{"Policy", policy_output(reader, account, require_policy(reader, account, arn))}};
  });
}

Task<service::Reply> Control::list_policies(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    std::vector<std::pair<std::string, json::value>> items;
    const auto add = [&](json::object policy) {
      std::string arn = text(policy, "Arn");
      if (auto item = listed(reader, account, input, std::move(policy))) items.emplace_back(std::move(arn), *item);
    };
    const std::string scope = text(input, "Scope");
    const bool boundaries = text(input, "PolicyUsageFilter") == "PermissionsBoundary";
    if (scope != "AWS" && !boundaries)
      for (auto cursor = reader.scan(store::Range::of_prefix(policy_prefix(account))); cursor->valid(); cursor->next())
        add(decode_record(cursor->value()));
    if (scope != "Local" && !boundaries)
      for (const ManagedPolicy& policy : managed_policies()) add(record_of(policy));
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return page_of_items(std::move(items), input, "Policies");
  });
}

Task<service::Reply> Control::delete_policy(Call& call) {
  return change(call.account(),
                [account = call.account(), arn = text(call.input, "PolicyArn")](store::Transaction& transaction) {
                  const json::object policy = require_own_policy(transaction, account, arn);
                  const std::string name = text(policy, "PolicyName");
                  if (any_key(transaction, attachment_prefix(account, arn)))
                    throw delete_conflict("Cannot delete a policy attached to entities.");
                  const std::string versions = version_prefix(account, name);
                  const auto numbers = key_suffixes(transaction, versions, 2);
                  if (numbers.size() > 1)
                    throw delete_conflict(
                        "This policy has more than one version. Before you delete a policy, you must delete the "
                        "policy's versions. The default version is deleted with the policy.");
                  for (const std::string& number : numbers) transaction.erase(versions + number);
                  transaction.erase(policy_key(account, name));
                  return json::object{};
                });
}

}  // namespace brume::iam
