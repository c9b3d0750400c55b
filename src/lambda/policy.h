// A function's resource policy: who of other accounts, and which services, may do what with it (AddPermission, GetPolicy).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace brume::lambda {

/// The statement that AddPermission makes of its (validated) input. Errors: InvalidParameterValueException.
boost::json::object make_statement(const boost::json::object& input, const std::string& function_arn);

/// The policy document of `statements`, as GetPolicy returns it.
std::string policy_document(const boost::json::array& statements);

/// Who wants to do something with a function: a principal of an account, or a service on behalf of a resource.
struct Actor {
  std::string account = {};  ///< of the principal; "" for a service
  std::string arn = {};  ///< of the principal: a user, a role's session, a root
  std::string service = {};  ///< "apigateway.amazonaws.com"
  std::string source_arn = {};  ///< the service's: the resource it acts for
  std::string source_account = {};  ///< and who owns that
};

/// Whether a statement lets `who` do `action` ("lambda:InvokeFunction").
bool permits(const boost::json::array& statements, const Actor& who, std::string_view action);

/// Whether `who` may do `action` with a function of `owner`. Its own account's principals are judged by their own policies
/// alone, which do not decide yet; everybody else needs a statement. The one place to ask before another account touches
/// a function.
bool may_act(const boost::json::array& statements, const std::string& owner, const Actor& who, std::string_view action);

/// The operations that AWS lets a function's policy open to other accounts; the rest is the owner's alone.
/// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
bool may_cross_accounts(std::string_view operation);

}  // namespace brume::lambda
