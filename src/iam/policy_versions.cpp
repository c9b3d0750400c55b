// Versions of managed policies: at most five, of which one is in force.
#include <charconv>
#include <limits>

#include "base/encoding.h"
#include "iam/control.h"
#include "iam/errors.h"
#include "iam/managed_policies.h"
#include "iam/policy_document.h"

namespace brume::iam {
namespace {

constexpr std::size_t kVersionsMax = 5;
constexpr std::size_t kManagedPolicyMax = 6144;

json::object version_output(json::object version, const json::object& policy, bool with_document) {
  if (with_document) version["Document"] = percent_encode(text(version, "Document"));
  else version.erase("Document");
  version["IsDefaultVersion"] = text(version, "VersionId") == text(policy, "DefaultVersionId");
  return version;
}

json::object version_of(const ManagedPolicy& policy) {
  return {{"Document", policy.document},
          {"VersionId", policy.version},
          {"CreateDate", static_cast<double>(policy.updated)}};
}

/// The number in "v12"; 0 (which no version has) for anything else.
std::uint32_t version_number(const std::string& id) {
  std::uint32_t number = 0;
  const char* end = id.data() + id.size();
  if (id.size() < 2 || std::from_chars(id.data() + 1, end, number).ptr != end) return 0;
  return number;
}

AwsError version_absent(const std::string& arn, const std::string& version) {
  return no_such_entity("Policy " + arn + " version " + version + " does not exist or is not attachable.");
}

json::object require_version(store::Reader& reader, const std::string& account, const json::object& policy,
                             const std::string& version) {
  const std::string arn = text(policy, "Arn");
  if (const ManagedPolicy* managed = find_managed_policy(arn)) {
    if (managed->version == version) return version_of(*managed);
  } else if (auto record =
                 read_record(reader, version_key(account, text(policy, "PolicyName"), version_number(version)))) {
    return std::move(*record);
  }
  throw version_absent(arn, version);
}

}  // namespace

void check_managed_document(const std::string& document) {
  check_identity_policy(document);
  if (policy_size(document) > kManagedPolicyMax) throw quota_exceeded("PolicySize", kManagedPolicyMax);
}

Task<service::Reply> Control::create_policy_version(Call& call) {
  return change(call.account(),
                [account = call.account(), input = call.input, created = now()](store::Transaction& transaction) {
                  json::object policy = require_own_policy(transaction, account, text(input, "PolicyArn"));
                  const std::string name = text(policy, "PolicyName"), document = text(input, "PolicyDocument");
                  check_managed_document(document);
                  if (count_keys(transaction, version_prefix(account, name)) >= kVersionsMax)
                    throw AwsError(kLimitExceeded,
                                   "A managed policy can have up to 5 versions. Before you create a new version, you "
                                   "must delete an existing version.");
                  const auto number = static_cast<std::uint32_t>(whole(policy, "LastVersion", 0) + 1);
                  const std::string id = "v" + std::to_string(number);
                  json::object version{{"Document", document}, {"VersionId", id}, {"CreateDate", created}};
                  write_record(transaction, version_key(account, name, number), version);
                  policy["LastVersion"] = number;
                  policy["UpdateDate"] = created;
                  if (flag(input, "SetAsDefault")) policy["DefaultVersionId"] = id;
                  write_policy(transaction, account, policy);
                  return json::object{{"PolicyVersion", version_output(std::move(version), policy, false)}};
                });
}

Task<service::Reply> Control::get_policy_version(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    const json::object policy = require_policy(reader, account, text(input, "PolicyArn"));
    json::object version = require_version(reader, account, policy, text(input, "VersionId"));
    return json::object{{"PolicyVersion", version_output(std::move(version), policy, true)}};
  });
}

Task<service::Reply> Control::list_policy_versions(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    const json::object policy = require_policy(reader, account, text(input, "PolicyArn"));
    std::vector<std::pair<std::string, json::value>> items;
    const auto add = [&](json::object version) {
      // Newest first, as AWS: the page's keys fall with the number.
      std::string key =
          std::to_string(std::numeric_limits<std::uint32_t>::max() - version_number(text(version, "VersionId")));
      items.emplace_back(std::move(key), version_output(std::move(version), policy, false));
    };
    if (const ManagedPolicy* managed = find_managed_policy(text(policy, "Arn"))) add(version_of(*managed));
    const store::Range range = store::Range::of_prefix(version_prefix(account, text(policy, "PolicyName")));
    if (items.empty())
      for (auto cursor = reader.scan(range, store::Direction::backward); cursor->valid(); cursor->next())
        add(decode_record(cursor->value()));
    return page_of_items(std::move(items), input, "Versions");
  });
}

Task<service::Reply> Control::delete_policy_version(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string id = text(input, "VersionId");
    const json::object policy = require_own_policy(transaction, account, text(input, "PolicyArn"));
    require_version(transaction, account, policy, id);
    if (text(policy, "DefaultVersionId") == id) throw delete_conflict("Cannot delete the default version of a policy.");
    transaction.erase(version_key(account, text(policy, "PolicyName"), version_number(id)));
    return json::object{};
  });
}

Task<service::Reply> Control::set_default_policy_version(Call& call) {
  return change(call.account(),
                [account = call.account(), input = call.input, updated = now()](store::Transaction& transaction) {
                  const std::string id = text(input, "VersionId");
                  json::object policy = require_own_policy(transaction, account, text(input, "PolicyArn"));
                  require_version(transaction, account, policy, id);
                  policy["DefaultVersionId"] = id;
                  policy["UpdateDate"] = updated;
                  write_policy(transaction, account, policy);
                  return json::object{};
                });
}

}  // namespace brume::iam
