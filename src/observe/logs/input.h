// Members of a call's input, which the front door has checked against the model.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observe/logs/errors.h"
#include "observe/logs/keys.h"
#include "service/call.h"

namespace brume::observe {

inline std::optional<std::string> text_in(const service::Call& call, std::string_view member) {
  const auto* value = call.input.if_contains(member);
  if (!value || value->is_null()) return std::nullopt;
  return std::string(std::string_view(value->as_string()));
}

inline std::optional<std::int64_t> integer_in(const service::Call& call, std::string_view member) {
  const auto* value = call.input.if_contains(member);
  if (!value || value->is_null()) return std::nullopt;
  return value->is_double() ? static_cast<std::int64_t>(value->as_double()) : value->to_number<std::int64_t>();
}

inline std::optional<bool> boolean_in(const service::Call& call, std::string_view member) {
  const auto* value = call.input.if_contains(member);
  if (!value || value->is_null()) return std::nullopt;
  return value->as_bool();
}

/// The group that logGroupName names.
GroupName group_named(const service::Call& call);
/// The group that logGroupName or logGroupIdentifier (a name or an ARN) names; exactly one must be there.
GroupName group_identified(const service::Call& call);
/// The group of an identifier. ResourceNotFoundException for another account's or region's.
GroupName group_of_identifier(const service::Call& call, std::string identifier);

}  // namespace brume::observe
