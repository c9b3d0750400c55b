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

json::value make_principal(std::string_view principal, std::string_view partition) {
  if (principal == "*") return "*";
  if (service::is_account(principal))
    return json::object{{"AWS", "arn:" + std::string(partition) + ":iam::" + std::string(principal) + ":root"}};
  const auto arn = service::Arn::parse(principal);
  if (arn && (arn->service == "iam" || arn->service == "sts") && service::is_account(arn->account))
    return json::object{{"AWS", principal}};
  if (principal.ends_with(".amazonaws.com")) return json::object{{"Service", principal}};
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
  const std::string_view partition = service::Arn::parse(std::string_view(function_arn))->partition;
  json::object statement{{"Sid", text_view(input, "StatementId")},
                         {"Effect", "Allow"},
                         {"Principal", make_principal(text_view(input, "Principal"), partition)},
                         {"Action", text_view(input, "Action")},
                         {"Resource", function_arn}};
  json::object condition, equals;
  // Nothing that is asked here has the keys below the first: such a statement lets nobody in, as it should.
  constexpr std::pair<std::string_view, std::string_view> kEquals[] = {
      {"SourceAccount", "AWS:SourceAccount"},
      {"FunctionUrlAuthType", "lambda:FunctionUrlAuthType"},
      {"EventSourceToken", "lambda:EventSourceToken"},
      {"PrincipalOrgID", "aws:PrincipalOrgID"}};
  for (const auto& [member, key] : kEquals)
    if (const auto value = text_view(input, member); !value.empty()) equals[key] = value;
  if (!equals.empty()) condition["StringEquals"] = std::move(equals);
  if (flag(input, "InvokedViaFunctionUrl")) condition["Bool"] = json::object{{"lambda:InvokedViaFunctionUrl", "true"}};
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
    const json::value& principal = statement.at("Principal");
    std::string_view of_account = "*", of_service;
    if (const json::object* named = principal.if_object()) {
      of_account = text_view(*named, "AWS");
      of_service = text_view(*named, "Service");
    }
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
