// Evaluating trust policies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/text.h"
#include "iam/identifiers.h"
#include "iam/keys.h"
#include "iam/policy_document.h"

namespace brume::iam {
namespace json = boost::json;
namespace {

using Texts = std::vector<std::string>;

Texts texts(const json::value& value) {
  const auto one = [](const json::value& item) {
    return item.is_string() ? std::string(item.as_string()) : json::serialize(item);
  };
  Texts out;
  if (!value.is_array()) return {one(value)};
  for (const json::value& item : value.as_array()) out.push_back(one(item));
  return out;
}

bool names(const json::value& principal, const Assumer& who) {
  if (principal.is_string()) return who.service.empty() && principal.as_string() == "*";
  for (const auto& member : principal.as_object()) {
    const Texts values = texts(member.value());
    const bool of_service = member.key() == "Service";
    if (!of_service && member.key() != "AWS") continue;
    if (of_service != !who.service.empty()) continue;
    if (std::any_of(values.begin(), values.end(), [&](const std::string& value) {
          return of_service ? value == who.service : service::names_principal(value, who.account, who.arn);
        }))
      return true;
  }
  return false;
}

bool covers(const json::object& statement, std::string_view action) {
  const json::value* value = statement.if_contains("Action");
  const bool negated = !value;
  if (negated) value = statement.if_contains("NotAction");
  if (!value) return false;
  const std::string wanted = lower(action);
  const Texts patterns = texts(*value);
  const bool found = std::any_of(patterns.begin(), patterns.end(),
                                 [&](const std::string& pattern) { return wildcard_match(lower(pattern), wanted); });
  return found != negated;
}

/// nullopt: an operator that is not known here.
std::optional<bool> compare(std::string_view operation, std::string_view wanted, std::string_view actual) {
  if (operation == "StringEquals") return wanted == actual;
  if (operation == "StringEqualsIgnoreCase" || operation == "Bool") return lower(wanted) == lower(actual);
  if (operation == "StringLike" || operation == "ArnLike" || operation == "ArnEquals")
    return wildcard_match(wanted, actual);
  return std::nullopt;
}

/// One key of one operator against the context.
std::optional<bool> holds(std::string operation, const std::string& key, const Texts& wanted, const Context& context) {
  const auto found = context.find(lower(key));
  const bool present = found != context.end() && !found->second.empty();
  if (operation == "Null") return wanted.size() == 1 && (lower(wanted.front()) == "true") != present;
  const bool if_exists = operation.ends_with("IfExists");
  if (if_exists) operation.resize(operation.size() - std::string_view("IfExists").size());
  const auto place = operation.find("Not");
  const bool negated = place != operation.npos;
  if (negated) operation.erase(place, 3);
  if (!compare(operation, "", "")) return std::nullopt;
  if (!present) return if_exists || negated;
  const bool any = std::any_of(found->second.begin(), found->second.end(), [&](const std::string& actual) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const std::string& value) { return *compare(operation, value, actual); });
  });
  return any != negated;
}

/// All operators and all keys must hold.
std::optional<bool> conditions_hold(const json::object& statement, const Context& context) {
  const json::value* condition = statement.if_contains("Condition");
  if (!condition) return true;
  bool unknown = false;
  for (const auto& operation : condition->as_object())
    for (const auto& key : operation.value().as_object()) {
      const auto result = holds(std::string(operation.key()), std::string(key.key()), texts(key.value()), context);
      if (result && !*result) return false;
      unknown = unknown || !result;
    }
  if (unknown) return std::nullopt;
  return true;
}

}  // namespace

bool trusts(std::string_view document, const Assumer& who, std::string_view action, const Context& context) {
  boost::system::error_code error;
  const json::value policy = json::parse(document, error);
  if (error) return false;
  const json::value& all = policy.at("Statement");
  const json::array list = all.is_array() ? all.as_array() : json::array{all};
  bool allowed = false;
  for (const json::value& item : list) {
    const json::object& statement = item.as_object();
    const json::value* principal = statement.if_contains("Principal");
    if (!principal || !names(*principal, who) || !covers(statement, action)) continue;
    const std::optional<bool> conditions = conditions_hold(statement, context);
    if (statement.at("Effect").as_string() == "Deny") {
      if (conditions.value_or(true)) return false;
    } else {
      allowed = allowed || conditions.value_or(false);
    }
  }
  return allowed;
}

}  // namespace brume::iam
