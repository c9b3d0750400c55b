// Assuming roles, by principals of accounts and by services.
#include "base/text.h"
#include "iam/errors.h"
#include "iam/identifiers.h"
#include "iam/keys.h"
#include "iam/policy_document.h"
#include "iam/sts/replies.h"
#include "iam/sts/sts.h"

namespace brume::iam {
namespace {

constexpr std::int64_t kDurationDefault = 3600;
constexpr std::int64_t kChainedMax = 3600;
constexpr std::size_t kSessionPolicyMax = 2048;
constexpr std::size_t kSessionPoliciesMax = 10;

/// nullopt for an ARN that names no role.
std::optional<json::object> find_role(store::Reader& reader, const std::string& arn) {
  const auto parsed = parse_arn(arn);
  if (!parsed || parsed->service != "iam" || parsed->kind() != "role" || !is_account(parsed->account))
    return std::nullopt;
  auto role = read_record(reader, entity_key(Kind::role, parsed->account, parsed->name()));
  if (!role || text(*role, "Arn") != arn) return std::nullopt;
  return role;
}

/// What the call is judged by: the role, and the role behind the caller's own session, if that is what it has.
struct Judged {
  std::optional<json::object> role;
  std::string caller_role;
};

Judged read_judged(store::Reader& reader, const std::string& role_arn, const std::string& access_key_id) {
  Judged out{find_role(reader, role_arn), {}};
  if (!access_key_id.empty())
    if (const auto own = read_record(reader, credential_key(access_key_id))) out.caller_role = text(*own, "RoleArn");
  return out;
}

Context context_of(const json::object& input, const std::string& account, const std::string& principal,
                   const std::string& user_id) {
  Context context{{"sts:rolesessionname", {text(input, "RoleSessionName")}},
                  {"aws:principalaccount", {account}},
                  {"aws:principalarn", {principal}},
                  {"aws:userid", {user_id}}};
  for (auto [key, member] :
       {std::pair("sts:externalid", "ExternalId"), std::pair("sts:sourceidentity", "SourceIdentity")})
    if (const std::string value = text(input, member); !value.empty()) context[key] = {value};
  const auto caller = parse_arn(principal);
  if (caller && caller->kind() == "user") context["aws:username"] = {std::string(caller->name())};
  if (const json::array* tags = array_member(input, "Tags"))
    for (const json::value& tag : *tags) {
      context[lower("aws:requesttag/" + text(tag.as_object(), "Key"))] = {text(tag.as_object(), "Value")};
      context["aws:tagkeys"].push_back(text(tag.as_object(), "Key"));
    }
  return context;
}

/// Every action that the call stands for; assuming is the first.
std::vector<std::string> actions_of(const json::object& input) {
  std::vector<std::string> out{"sts:AssumeRole"};
  if (const json::array* tags = array_member(input, "Tags"); tags && !tags->empty()) out.emplace_back("sts:TagSession");
  if (!text(input, "SourceIdentity").empty()) out.emplace_back("sts:SetSourceIdentity");
  return out;
}

/// Members of the credentials' record that narrow or describe the session. Errors: MalformedPolicyDocument,
/// PackedPolicyTooLarge, LimitExceeded.
json::object session_members(const json::object& input) {
  static constexpr ErrorKind kPackedPolicyTooLarge{"PackedPolicyTooLarge", 400};
  json::object more;
  const std::string policy = text(input, "Policy");
  if (!policy.empty()) {
    check_identity_policy(policy);
    if (policy_size(policy) > kSessionPolicyMax)
      throw AwsError(kPackedPolicyTooLarge, "PackedPolicySize exceeds maximum allowed value");
    more["SessionPolicy"] = policy;
  }
  if (const json::array* arns = array_member(input, "PolicyArns"); arns && !arns->empty()) {
    if (arns->size() > kSessionPoliciesMax) throw quota_exceeded("PolicyArns", kSessionPoliciesMax);
    more["PolicyArns"] = *arns;
  }
  for (const char* member : {"Tags", "TransitiveTagKeys", "SourceIdentity"}) copy_member(input, more, member);
  return more;
}

/// How much of the space for session policies and tags is used, in percent; 0 if there are none.
std::int64_t packed_size(const json::object& more) {
  std::size_t bytes = 0;
  for (const char* member : {"SessionPolicy", "PolicyArns", "Tags"})
    if (const json::value* value = more.if_contains(member)) bytes += json::serialize(*value).size();
  return bytes == 0 ? 0 : static_cast<std::int64_t>(1 + bytes * 99 / (4 * kSessionPolicyMax));
}

void check_duration(const json::object& role, std::int64_t seconds, bool chained) {
  if (seconds > whole(role, "MaxSessionDuration", kDurationDefault))
    throw validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  if (chained && seconds > kChainedMax)
    throw validation_error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining");
}

}  // namespace

Credentials::Session Sts::role_session(const json::object& role, const std::string& session_name, json::object more,
                                       std::chrono::seconds lifetime) const {
  const std::string arn = text(role, "Arn"), account = parse_arn(arn)->account;
  more["RoleArn"] = arn;
  return {account, assumed_role_arn(account, text(role, "RoleName"), session_name),
          text(role, "RoleId") + ":" + session_name, std::move(more), lifetime};
}

Task<service::Reply> Sts::assume_role(Call& call) {
  const json::object input = call.input;
  const std::string role_arn = text(input, "RoleArn"), session_name = text(input, "RoleSessionName");
  refuse_mfa(input);
  const Identity who = co_await identify(call.caller);
  const std::string key_id = call.caller.access_key_id;
  auto body = [&](store::Reader& reader) { return read_judged(reader, role_arn, key_id); };
  const Judged judged = co_await store_.read(body);

  const std::string principal = judged.caller_role.empty() ? who.arn : judged.caller_role;
  const Context context = context_of(input, who.account, principal, who.user_id);
  for (const std::string& action : actions_of(input))
    if (!judged.role ||
        !trusts(text(*judged.role, "AssumeRolePolicyDocument"), {who.arn, who.account, {}}, action, context))
      throw denied("User: " + who.arn + " is not authorized to perform: " + action + " on resource: " + role_arn);
  const std::int64_t seconds = whole(input, "DurationSeconds", kDurationDefault);
  check_duration(*judged.role, seconds, !judged.caller_role.empty());

  json::object more = session_members(input);
  const std::int64_t packed = packed_size(more);
  Credentials::Session session =
      role_session(*judged.role, session_name, std::move(more), std::chrono::seconds(seconds));
  const StoredCredential made = co_await credentials_.issue(std::move(session));
  Reply reply;
  reply.output["Credentials"] = credentials_output(made);
  reply.output["AssumedRoleUser"] = json::object{{"AssumedRoleId", made.user_id}, {"Arn", made.arn}};
  if (packed > 0) reply.output["PackedPolicySize"] = packed;
  copy_member(input, reply.output, "SourceIdentity");
  co_return reply;
}

Task<std::optional<StoredCredential>> Sts::issue_for_service(std::string role_arn, std::string session_name,
                                                             std::string service, std::chrono::seconds lifetime) {
  auto body = [&](store::Reader& reader) { return find_role(reader, role_arn); };
  const std::optional<json::object> role = co_await store_.read(body);
  if (!role) co_return std::nullopt;
  const std::string account = parse_arn(role_arn)->account;
  const Context context{{"aws:sourceaccount", {account}}, {"sts:rolesessionname", {session_name}}};
  if (!trusts(text(*role, "AssumeRolePolicyDocument"), {{}, {}, service}, "sts:AssumeRole", context))
    co_return std::nullopt;
  // The id rather than the ARN: a role made again under its old name is another one.
  const std::string name = text(*role, "RoleId") + '\n' + session_name + '\n' + service;
  Credentials::Session session = role_session(*role, session_name, {}, lifetime);
  StoredCredential made = co_await credentials_.issue_shared(name, std::move(session));
  co_return made;
}

}  // namespace brume::iam
