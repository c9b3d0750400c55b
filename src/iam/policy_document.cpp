#include "iam/policy_document.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <set>

#include "base/text.h"
#include "iam/errors.h"
#include "iam/identifiers.h"

namespace brume::iam {
namespace json = boost::json;
namespace {

constexpr std::string_view kVersion = "2012-10-17";
constexpr std::string_view kOldVersion = "2008-10-17";
constexpr std::size_t kDepthMax = 16;

[[noreturn]] void syntax_error() { throw malformed_policy("Syntax errors in policy."); }

json::object parse(std::string_view document, std::string_view not_json) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  json::value value = json::parse(document, error, {}, options);
  if (error || !value.is_object()) throw malformed_policy(std::string(not_json));
  return std::move(value.as_object());
}

void only_members(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object)
    if (std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end()) syntax_error();
}

/// A string or a list of strings; both are allowed nearly everywhere.
std::vector<std::string> strings(const json::value& value) {
  std::vector<std::string> out;
  if (value.is_string()) out.emplace_back(value.as_string());
  else if (!value.is_array()) syntax_error();
  else
    for (const json::value& item : value.as_array()) {
      if (!item.is_string()) syntax_error();
      out.emplace_back(item.as_string());
    }
  return out;
}

std::vector<json::object> statements(const json::object& policy) {
  const json::value* value = policy.if_contains("Statement");
  if (!value) syntax_error();
  std::vector<json::object> out;
  if (value->is_object()) out.push_back(value->as_object());
  else if (!value->is_array()) syntax_error();
  else
    for (const json::value& item : value->as_array()) {
      if (!item.is_object()) syntax_error();
      out.push_back(item.as_object());
    }
  if (out.empty()) syntax_error();
  return out;
}

void check_version(const json::object& policy, bool old_allowed) {
  only_members(policy, {"Version", "Id", "Statement"});
  for (const char* name : {"Version", "Id"})
    if (const json::value* value = policy.if_contains(name); value && !value->is_string()) syntax_error();
  const json::value* version = policy.if_contains("Version");
  if (version && version->as_string() != kVersion && version->as_string() != kOldVersion) syntax_error();
  if (!old_allowed && (!version || version->as_string() != kVersion))
    throw malformed_policy("Policy document must be version 2012-10-17 or greater.");
}

void check_condition(const json::object& statement) {
  const json::value* condition = statement.if_contains("Condition");
  if (!condition) return;
  if (!condition->is_object()) syntax_error();
  for (const auto& operation : condition->as_object()) {
    if (!operation.value().is_object()) syntax_error();
    for (const auto& key : operation.value().as_object()) {
      const json::value& value = key.value();
      const bool list = value.is_array();
      if (value.is_object() || value.is_null()) syntax_error();
      if (list && std::any_of(value.as_array().begin(), value.as_array().end(),
                              [](const json::value& item) { return item.is_structured() || item.is_null(); }))
        syntax_error();
    }
  }
}

/// What every statement has.
void check_statement(const json::object& statement, std::set<std::string>& sids) {
  only_members(statement, {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                           "NotResource", "Condition"});
  const json::value* effect = statement.if_contains("Effect");
  if (!effect || !effect->is_string()) syntax_error();
  if (effect->as_string() != "Allow" && effect->as_string() != "Deny") syntax_error();
  check_condition(statement);
  for (auto [one, other] :
       {std::pair("Action", "NotAction"), std::pair("Resource", "NotResource"), std::pair("Principal", "NotPrincipal")})
    if (statement.contains(one) && statement.contains(other)) syntax_error();
  const json::value* sid = statement.if_contains("Sid");
  if (!sid) return;
  if (!sid->is_string()) syntax_error();
  const std::string text(sid->as_string());
  if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c); }))
    throw malformed_policy(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
        "[0-9A-Za-z]*");
  if (!text.empty() && !sids.insert(text).second)
    throw malformed_policy("Statement IDs (SID) in a single policy must be unique.");
}

std::vector<std::string> list_of(const json::object& statement, const char* name, const char* negated) {
  const json::value* value = statement.if_contains(name);
  if (!value) value = statement.if_contains(negated);
  return value ? strings(*value) : std::vector<std::string>();
}

void check_action(const std::string& action) {
  if (action == "*") return;
  const auto colon = action.find(':');
  if (colon == action.npos)
    throw malformed_policy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  if (action.find(':', colon + 1) != action.npos)
    throw malformed_policy("Actions/Condition can contain only one colon.");
  const std::string vendor = action.substr(0, colon);
  if (vendor.empty() || !std::all_of(vendor.begin(), vendor.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_' || c == '.';
      }))
    throw malformed_policy("Vendor " + vendor + " is not valid");
}

void check_resource(const std::string& resource) {
  if (resource == "*") return;
  if (!resource.starts_with("arn:"))
    throw malformed_policy("Resource " + resource + " must be in ARN format or \"*\".");
  if (std::count(resource.begin(), resource.end(), ':') < 5 && !resource.ends_with('*'))
    throw malformed_policy("The policy failed legacy parsing");
  const std::string partition = resource.substr(4, resource.find(':', 4) - 4);
  if (partition != "aws" && partition != "aws-cn" && partition != "aws-us-gov" && partition.find('*') == partition.npos)
    throw malformed_policy("Partition \"" + partition + "\" is not valid for resource \"" + resource + "\".");
}

void check_principal_value(const std::string& kind, const std::string& value) {
  const auto invalid = [&] {
    return malformed_policy("Invalid principal in policy: \"" + kind + "\":\"" + value + "\"");
  };
  if (value == "*" || kind == "Federated" || kind == "CanonicalUser") return;
  if (kind == "Service") {
    if (value.find(".amazonaws.com") == value.npos && value.find(".amazonaws.com.cn") == value.npos) throw invalid();
    return;
  }
  if (is_account(value)) return;
  const auto arn = Arn::parse(value);
  if (arn && (arn->service == "iam" || arn->service == "sts") && is_account(arn->account)) return;
  // A principal that was deleted is shown by its unique id.
  if (value.starts_with("AIDA") || value.starts_with("AROA")) return;
  throw invalid();
}

void check_principal(const json::object& statement) {
  const json::value* principal = statement.if_contains("Principal");
  if (statement.contains("NotPrincipal")) throw malformed_policy("AssumeRole policy may not contain NotPrincipal.");
  if (!principal) throw malformed_policy("Missing required field Principal");
  if (principal->is_string()) {
    if (principal->as_string() != "*") throw malformed_policy("Invalid principal in policy.");
    return;
  }
  if (!principal->is_object() || principal->as_object().empty()) syntax_error();
  for (const auto& member : principal->as_object()) {
    const std::string kind(member.key());
    if (kind != "AWS" && kind != "Service" && kind != "Federated" && kind != "CanonicalUser") syntax_error();
    for (const std::string& value : strings(member.value())) check_principal_value(kind, value);
  }
}

}  // namespace

void check_identity_policy(std::string_view document) {
  const json::object policy = parse(document, "Syntax errors in policy.");
  check_version(policy, false);
  std::set<std::string> sids;
  for (const json::object& statement : statements(policy)) {
    check_statement(statement, sids);
    if (statement.contains("Principal") || statement.contains("NotPrincipal"))
      throw malformed_policy("Policy document should not specify a principal.");
    const auto actions = list_of(statement, "Action", "NotAction");
    if (actions.empty()) throw malformed_policy("Policy statement must contain actions.");
    const auto resources = list_of(statement, "Resource", "NotResource");
    if (resources.empty()) throw malformed_policy("Policy statement must contain resources.");
    for (const std::string& action : actions) check_action(action);
    for (const std::string& resource : resources) check_resource(resource);
  }
}

void check_trust_policy(std::string_view document) {
  const json::object policy = parse(document, "This policy contains invalid Json");
  check_version(policy, true);
  std::set<std::string> sids;
  for (const json::object& statement : statements(policy)) {
    check_statement(statement, sids);
    check_principal(statement);
    if (statement.contains("Resource") || statement.contains("NotResource"))
      throw malformed_policy("Has prohibited field Resource");
    const auto actions = list_of(statement, "Action", "NotAction");
    if (actions.empty()) throw malformed_policy("Missing required field Action");
    for (const std::string& action : actions) {
      check_action(action);
      if (action != "*" && !wildcard_match("sts:*", action))
        throw malformed_policy("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  }
}

std::size_t policy_size(std::string_view document) {
  return static_cast<std::size_t>(std::count_if(
      document.begin(), document.end(), [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

}  // namespace brume::iam
