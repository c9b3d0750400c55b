// A function's resource policy: who may invoke it (AddPermission, GetPolicy).
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

/// Whether a statement lets the AWS service `principal` invoke the function for `source_arn`, a resource
/// of `source_account`.
bool permits_service(const boost::json::array& statements, std::string_view principal, std::string_view source_arn,
                     std::string_view source_account);

}  // namespace brume::lambda
