// Members of a call's input, which the front door has checked against the model.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_members.h"
#include "observe/logs/errors.h"
#include "observe/logs/keys.h"
#include "service/call.h"

namespace brume::observe {

/// The group that logGroupName names.
GroupName group_named(const service::Call& call);
/// The group that logGroupName or logGroupIdentifier (a name or an ARN) names; exactly one must be there.
GroupName group_identified(const service::Call& call);
/// The group of an identifier. ResourceNotFoundException for another account's or region's.
GroupName group_of_identifier(const service::Call& call, std::string identifier);

}  // namespace brume::observe
