// What the operations of CloudWatch Logs do to which group or stream, for authorization.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::observe {

using service::Access;
using service::Call;
using service::Entry;

/// A group is named as a stream without a name, as AWS's denials have it: so policies on "…:log-group:NAME:*" hold.
std::vector<Access> log_group(const Entry& entry, const Call& call);
std::vector<Access> log_stream(const Entry& entry, const Call& call);

}  // namespace brume::observe
