#include "lambda/policy.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "lambda/errors.h"
#include "base/json_members.h"
#include "service/arn.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

json::object make_principal(std::string_view principal) {
  if (principal == "*") return {{"AWS", "*"}};
  if (service::is_account(principal)) return {{"AWS", "arn:aws:iam::" + std::string(principal) + ":root"}};
  const auto arn = service::Arn::parse(principal);
  if (arn && (arn->service == "iam" || arn->service == "sts") && service::is_account(arn->account))
    return {{"AWS", principal}};
  if (principal.ends_with(".amazonaws.com")) return {{"Service", principal}};
  throw invalid_parameter("The provided principal was invalid. Please check the principal and try again.");
}

/// One condition operator of a statement: every key must have a value that matches.
bool operator_holds(std::string_view name, const json::object& keys, const Actor& who) {
  for (const auto& [key, wanted] : keys) {
    const std::string_view have = key == "AWS:SourceArn"       ? std::string_view(who.source_arn)
                                  : key == "AWS:SourceAccount" ? std::string_view(who.source_account)
                                                               : std::string_view();
    if (have.empty()) return false;  // a key that the call does not have
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

bool permits(const json::array& statements, const Actor& who, std::string_view action) {
  for (const auto& value : statements) {
    const json::object& statement = value.as_object();
    const json::object& principal = statement.at("Principal").as_object();
    const std::string_view of_account = text_view(principal, "AWS"), of_service = text_view(principal, "Service");
    const bool named = who.service.empty() ? service::names_principal(of_account, who.account, who.arn)
                                           : of_service == who.service || of_account == "*";
    if (!named || !wildcard_match(text_view(statement, "Action"), action)) continue;
    bool holds = true;
    if (const json::value* condition = statement.if_contains("Condition"))
      for (const auto& [name, keys] : condition->as_object())
        holds = holds && operator_holds(name, keys.as_object(), who);
    if (holds) return true;
  }
  return false;
}

bool may_act(const json::array& statements, const std::string& owner, const Actor& who, std::string_view action) {
  if (who.service.empty() && who.account == owner) return true;
  return permits(statements, who, action);
}

bool may_cross_accounts(std::string_view operation) {
  constexpr std::string_view kOpen[] = {"DeleteFunction",
                                        "DeleteFunctionConcurrency",
                                        "GetFunction",
                                        "GetFunctionConcurrency",
                                        "GetFunctionConfiguration",
                                        "GetPolicy",
                                        "Invoke",
                                        "ListTags",
                                        "PutFunctionConcurrency",
                                        "TagResource",
                                        "UntagResource",
                                        "UpdateFunctionCode"};
  return std::find(std::begin(kOpen), std::end(kOpen), operation) != std::end(kOpen);
}

}  // namespace brume::lambda
