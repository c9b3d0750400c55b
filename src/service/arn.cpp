#include "service/arn.h"

namespace brume::service {
namespace {

/// A session's ARN, arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, lacks the role's path: names are unique in an account,
/// so account and name decide.
bool is_role_of_session(const Arn& role, const Arn& session) {
  if (role.service != "iam" || role.kind() != "role") return false;
  if (session.service != "sts" || session.kind() != "assumed-role") return false;
  const std::string_view behind = session.path();
  return role.account == session.account && role.name() == behind.substr(0, behind.find('/'));
}

}  // namespace

std::optional<Arn> Arn::parse(std::string_view text) {
  constexpr std::string_view kScheme = "arn:";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  Arn arn;
  for (std::string_view* field : {&arn.partition, &arn.service, &arn.region, &arn.account}) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    *field = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.empty() || arn.partition.empty() || arn.service.empty()) return std::nullopt;
  arn.resource = text;
  return arn;
}

/// As botocore's endpoints.json tells regions apart.
std::string_view partition_of(std::string_view region) {
  struct Prefix {
    std::string_view region, partition;
  };
  constexpr Prefix kPartitions[] = {{"cn-", "aws-cn"},         {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"},
                                    {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
                                    {"eusc-", "aws-eusc"}};
  for (const Prefix& one : kPartitions)
    if (region.starts_with(one.region)) return one.partition;
  return "aws";
}

std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource) {
  std::string arn = "arn:";
  arn.append(partition_of(region)).append(":").append(service).append(":").append(region).append(":");
  return arn.append(account).append(":").append(resource);
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
}

bool names_principal(std::string_view principal, std::string_view account, std::string_view arn) {
  if (principal == "*") return true;
  if (account.empty()) return false;
  if (principal == account || principal == arn) return true;
  const auto named = Arn::parse(principal), caller = Arn::parse(arn);
  if (!named) return false;
  if (named->service == "iam" && named->resource == "root") return named->account == account;
  return caller && is_role_of_session(*named, *caller);
}

std::string not_authorized(const Call& call, std::string_view action, std::string_view resource, Silent silent) {
  const std::string_view policy = silent == Silent::identity_policy ? "identity-based" : "resource-based";
  std::string text = "User: ";
  text.append(call.caller.arn.empty() ? std::string_view("anonymous") : std::string_view(call.caller.arn));
  text.append(" is not authorized to perform: ").append(action);
  text.append(" on resource: ").append(resource);
  text.append(" because no ").append(policy).append(" policy allows the ").append(action).append(" action");
  return text;
}

}  // namespace brume::service
