// What an audit record shows of a call's parameters.
#pragma once

#include <boost/json/object.hpp>

namespace brume::observe {

/// `input` (keyed by the model's member names) as CloudTrail shows it: first letters in lower case, secrets as
/// "HIDDEN_DUE_TO_SECURITY_REASONS", long texts and lists cut. At most about 100 KB.
boost::json::object masked_parameters(const boost::json::object& input);

}  // namespace brume::observe
