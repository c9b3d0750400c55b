// Members of an operation's input that AWS takes and Brume refuses by name. The operation table carries them; they are
// refused by it and by nothing else, and docs/COMPATIBILITY.md lists them from it.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace brume::service {

struct Refusal {
  std::string_view member;   ///< "VpcConfig.SubnetIds"
  std::string_view
      value;    ///< the only one that is refused; "" for all but those that mean nothing: "", false, empty lists
  std::string_view feature;  ///< what would be needed: "functions in a VPC"
};

/// "VpcConfig.SubnetIds (functions in a VPC)", "apiKeySource AUTHORIZER (API keys)": the first of `refused` that `input`
/// has; nullopt if it has none.
std::optional<std::string> refused_member(std::span<const Refusal> refused, const boost::json::object& input);

}  // namespace brume::service
