// Assuming roles, by principals of accounts and by services.
#include <algorithm>

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
constexpr std::size_t kSessionTagsMax = 2048 * 4;
constexpr std::size_t kRoleNameMax = 64;

bool in_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("_+=,.@-").find(c) != std::string_view::npos;
}

/// nullopt for what is not the ARN of a role.
std::optional<Arn> parse_role(std::string_view text) {
  auto arn = Arn::parse(text);
  if (!arn || arn->service != "iam" || arn->kind() != "role" || !is_account(arn->account)) return std::nullopt;
  return arn;
}

/// nullopt for an ARN that names no role.
std::optional<json::object> find_role(store::Reader& reader, const std::string& arn) {
  const auto parsed = parse_role(arn);
  if (!parsed) return std::nullopt;
  auto role = read_record(reader, entity_key(Kind::role, parsed->account, parsed->name()));
  if (!role || text(*role, "Arn") != arn) return std::nullopt;
  return role;
}

/// Whether it could be a role's that nobody made: names, which differ without regard to case, are an account's whatever
/// their paths, so that the ARN of a role with another path or in other letters is not a second role.
bool is_free(store::Reader& reader, const std::string& arn) {
  const auto parsed = parse_role(arn);
  if (!parsed || !parsed->region.empty()) return false;
  const std::string_view name = parsed->name(), path = parsed->path();
  const bool named = !name.empty() && name.size() <= kRoleNameMax && std::all_of(name.begin(), name.end(), in_name);
  const bool printable = std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return named && printable && !path.empty() && path.front() != '/' &&
         !read_record(reader, entity_key(Kind::role, parsed->account, name));
}

/// What the call is judged by: the role, and the role behind the caller's own session, if that is what it has.
struct Judged {
  std::optional<json::object> role;
  bool free = false;  ///< of a role that is none: see is_free
  std::string caller_role;
  std::string on_behalf_of;
  json::array transitive;  ///< tags of the caller's session that go on to the next
};

bool has_key(const json::array& tags, std::string_view key) {
  return std::any_of(tags.begin(), tags.end(),
                     [&](const json::value& tag) { return lower(text(tag.as_object(), "Key")) == lower(key); });
}

json::array list_of(const json::object& object, std::string_view member) {
  const json::array* list = array_member(object, member);
  return list ? *list : json::array{};
}

/// Those of `record`'s Tags that its TransitiveTagKeys name.
json::array transitive_tags(const json::object& record) {
  json::array out;
  for (const json::value& key : list_of(record, "TransitiveTagKeys"))
    for (const json::value& tag : list_of(record, "Tags"))
      if (lower(text(tag.as_object(), "Key")) == lower(key.as_string())) out.push_back(tag);
  return out;
}

/// Errors: ValidationError for what is no ARN; InvalidParameterValue for tags that cannot be.
void check_tags(const json::object& input, const json::array& inherited) {
  const json::array tags = list_of(input, "Tags");
  json::array seen;
  for (const json::value& tag : tags) {
    const std::string key = text(tag.as_object(), "Key");
    if (has_key(seen, key))
      throw AwsError(kInvalidParameterValue,
                     "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    seen.push_back(tag);
    if (has_key(inherited, key))
      throw AwsError(kInvalidParameterValue,
                     "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag "
                     "key from the calling session.");
  }
  for (const json::value& key : list_of(input, "TransitiveTagKeys"))
    if (!has_key(tags, key.as_string()))
      throw AwsError(kInvalidParameterValue,
                     "The specified transitive tag key must be included in the requested tags.");
}

Judged read_judged(store::Reader& reader, const std::string& role_arn, const std::string& access_key_id) {
  Judged out{find_role(reader, role_arn), is_free(reader, role_arn), {}, {}, {}};
  if (!access_key_id.empty())
    if (const auto own = read_record(reader, credential_key(access_key_id))) {
      out.caller_role = text(*own, "RoleArn");
      out.on_behalf_of = text(*own, "OnBehalfOf");
      out.transitive = transitive_tags(*own);
    }
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
  const auto caller = Arn::parse(principal);
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

/// Members of the credentials' record that describe the session.
json::object session_members(const json::object& input, const Judged& judged) {
  json::object more;
  for (const char* member : {"Tags", "TransitiveTagKeys", "SourceIdentity"}) copy_member(input, more, member);
  if (!judged.transitive.empty()) {
    json::array tags = list_of(input, "Tags"), keys = list_of(input, "TransitiveTagKeys");
    for (const json::value& tag : judged.transitive) {
      tags.push_back(tag);
      keys.push_back(tag.as_object().at("Key"));
    }
    more["Tags"] = std::move(tags);
    more["TransitiveTagKeys"] = std::move(keys);
  }
  // A function that assumes another role is still a function.
  if (!judged.on_behalf_of.empty()) more["OnBehalfOf"] = judged.on_behalf_of;
  return more;
}

/// How much of the space for session tags is used, in percent; 0 if there are none.
std::int64_t packed_size(const json::object& more) {
  const json::value* tags = more.if_contains("Tags");
  return tags ? static_cast<std::int64_t>(1 + json::serialize(*tags).size() * 99 / kSessionTagsMax) : 0;
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
  const std::string arn = text(role, "Arn"), account(Arn::parse(arn)->account);
  more["RoleArn"] = arn;
  // Of a role that exists: its sessions end with it (credentials.cpp).
  if (role.contains("AssumeRolePolicyDocument")) more["RoleId"] = text(role, "RoleId");
  return {account, assumed_role_arn(arn, session_name), text(role, "RoleId") + ":" + session_name, std::move(more),
          lifetime};
}

Task<service::Reply> Sts::assume_role(Call& call) {
  const json::object input = call.input;
  const std::string role_arn = text(input, "RoleArn"), session_name = text(input, "RoleSessionName");
  if (!Arn::parse(std::string_view(role_arn))) throw validation_error(role_arn + " is invalid");
  refuse_mfa(input);
  const Identity who = co_await identify(call.caller);
  const std::string key_id = call.caller.access_key_id;
  auto body = [&](store::Reader& reader) { return read_judged(reader, role_arn, key_id); };
  Judged judged = co_await store_.read(body);
  check_tags(input, judged.transitive);
  const bool made_up = !judged.role && judged.free;
  if (made_up) judged.role = taken_at_its_word(role_arn, who.account);

  const std::string principal = judged.caller_role.empty() ? who.arn : judged.caller_role;
  const Context context = context_of(input, who.account, principal, who.user_id);
  for (const std::string& action : actions_of(input))
    if (!judged.role || (!made_up && !trusts(text(*judged.role, "AssumeRolePolicyDocument"), {who.arn, who.account, {}},
                                             action, context)))
      throw denied("User: " + who.arn + " is not authorized to perform: " + action + " on resource: " + role_arn);
  const std::int64_t seconds = whole(input, "DurationSeconds", kDurationDefault);
  check_duration(*judged.role, seconds, !judged.caller_role.empty());

  json::object more = session_members(input, judged);
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

Task<std::variant<json::object, RoleRefusal>> Sts::role_of(const ServiceRole& wish) {
  const auto arn = parse_role(wish.role_arn);
  if (!arn) co_return RoleRefusal::no_role_arn;
  if (arn->account != wish.account) co_return RoleRefusal::other_account;
  auto body = [&](store::Reader& reader) {
    return std::pair(find_role(reader, wish.role_arn), is_free(reader, wish.role_arn));
  };
  std::pair<std::optional<json::object>, bool> found = co_await store_.read(body);
  std::optional<json::object> role = std::move(found.first);
  if (!role) {
    if (!found.second) co_return RoleRefusal::absent;
    role = taken_at_its_word(wish.role_arn, wish.account);
    if (!role) co_return RoleRefusal::absent;
    co_return std::move(*role);
  }
  const Context context{{"aws:sourceaccount", {wish.account}}, {"sts:rolesessionname", {wish.session_name}}};
  if (!trusts(text(*role, "AssumeRolePolicyDocument"), {{}, {}, wish.service}, "sts:AssumeRole", context))
    co_return RoleRefusal::not_trusted;
  co_return std::move(*role);
}

Task<std::variant<std::string, RoleRefusal>> Sts::session_of_service(ServiceRole wish) {
  const auto role = co_await role_of(wish);
  if (const auto* refusal = std::get_if<RoleRefusal>(&role)) co_return *refusal;
  co_return assumed_role_arn(wish.role_arn, wish.session_name);
}

Task<std::variant<StoredCredential, RoleRefusal>> Sts::issue_for_service(ServiceRole wish,
                                                                         std::chrono::seconds lifetime) {
  const auto found = co_await role_of(wish);
  if (const auto* refusal = std::get_if<RoleRefusal>(&found)) co_return *refusal;
  const json::object& role = std::get<json::object>(found);
  // The id rather than the ARN: a role made again under its old name is another one.
  const std::string name = text(role, "RoleId") + '\n' + wish.session_name + '\n' + wish.service;
  Credentials::Session session = role_session(role, wish.session_name, {{"OnBehalfOf", wish.service}}, lifetime);
  StoredCredential made = co_await credentials_.issue_shared(name, std::move(session));
  co_return made;
}

}  // namespace brume::iam
