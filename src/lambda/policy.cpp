#include "lambda/policy.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "lambda/errors.h"
#include "base/json_members.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

json::object make_principal(std::string_view principal) {
  if (principal == "*") return {{"AWS", "*"}};
  if (principal.size() == 12 && principal.find_first_not_of("0123456789") == principal.npos)
    return {{"AWS", "arn:aws:iam::" + std::string(principal) + ":root"}};
  if (principal.starts_with("arn:")) return {{"AWS", principal}};
  if (principal.ends_with(".amazonaws.com")) return {{"Service", principal}};
  throw invalid_parameter("The provided principal was invalid. Please check the principal and try again.");
}

/// One condition operator of a statement: every key must have a value that matches.
bool operator_holds(std::string_view name, const json::object& keys, std::string_view source_arn,
                    std::string_view source_account) {
  for (const auto& [key, wanted] : keys) {
    const std::string_view have = key == "AWS:SourceArn"       ? source_arn
                                  : key == "AWS:SourceAccount" ? source_account
                                                               : std::string_view();
    const std::string_view pattern = wanted.is_string() ? std::string_view(wanted.get_string()) : std::string_view();
    const bool holds = name == "StringEquals" ? pattern == have : wildcard_match(pattern, have);
    if (!holds) return false;
  }
  return true;
}

}  // namespace

json::object make_statement(const json::object& input, const std::string& function_arn) {
  json::object statement{{"Sid", text_view(input, "StatementId")},
                         {"Effect", "Allow"},
                         {"Principal", make_principal(text_view(input, "Principal"))},
                         {"Action", text_view(input, "Action")},
                         {"Resource", function_arn}};
  if (input.contains("FunctionUrlAuthType") || input.contains("EventSourceToken") || input.contains("PrincipalOrgID") ||
      input.contains("InvokedViaFunctionUrl"))
    throw not_supported(
        "FunctionUrlAuthType, EventSourceToken, PrincipalOrgID and InvokedViaFunctionUrl of AddPermission");
  json::object condition;
  if (const auto account = text_view(input, "SourceAccount"); !account.empty())
    condition["StringEquals"] = json::object{{"AWS:SourceAccount", account}};
  if (const auto arn = text_view(input, "SourceArn"); !arn.empty())
    condition["ArnLike"] = json::object{{"AWS:SourceArn", arn}};
  if (!condition.empty()) statement["Condition"] = std::move(condition);
  return statement;
}

std::string policy_document(const json::array& statements) {
  return json::serialize(json::object{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", statements}});
}

bool permits_service(const json::array& statements, std::string_view principal, std::string_view source_arn,
                     std::string_view source_account) {
  for (const auto& value : statements) {
    const json::object& statement = value.as_object();
    const json::object& who = statement.at("Principal").as_object();
    if (text_view(who, "Service") != principal && text_view(who, "AWS") != "*") continue;
    const auto action = text_view(statement, "Action");
    if (!wildcard_match(action, "lambda:InvokeFunction")) continue;
    bool holds = true;
    if (const json::value* condition = statement.if_contains("Condition"))
      for (const auto& [name, keys] : condition->as_object())
        holds = holds && operator_holds(name, keys.as_object(), source_arn, source_account);
    if (holds) return true;
  }
  return false;
}

}  // namespace brume::lambda
