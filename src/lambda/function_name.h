// How a call names a function: a name, a partial ARN or an ARN, each with an optional qualifier.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/arn.h"

namespace brume::lambda {

/// Identifies a function: the unqualified ARN in parts.
struct FunctionId {
  std::string account;
  std::string region;
  std::string name;

  std::string arn() const { return service::make_arn("lambda", region, account, "function:" + name); }
  auto operator<=>(const FunctionId&) const = default;
};

struct FunctionName {
  FunctionId id;
  std::string qualifier;  ///< version or alias; "" when none was given

  std::string arn() const { return qualifier.empty() ? id.arn() : id.arn() + ":" + qualifier; }
};

/// Parses `text` ("notes", "notes:PROD", "000000000000:function:notes", an ARN); what it does not say is the caller's
/// account and region. The account may be another one: who asks must judge that (Impl::name_of does for calls).
/// `qualifier` is the call's own Qualifier parameter. Errors: InvalidParameterValueException when both name a different
/// qualifier; ResourceNotFoundException when the ARN is of another region.
FunctionName parse_function_name(std::string_view text, std::string_view qualifier, const std::string& account,
                                 const std::string& region);

/// The function of an unqualified or qualified ARN, of any account and region; nullopt for what is no function's ARN.
/// For who invokes in another account's name: the function's policy decides.
std::optional<FunctionName> parse_function_arn(std::string_view text);

}  // namespace brume::lambda
