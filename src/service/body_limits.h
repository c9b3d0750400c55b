// How long the body of each operation's call may be. Bodies are held in memory before their signatures are checked, so
// the limits are as low as AWS's own allow; what is a little longer is refused by the operation in its own words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "service/shape.h"

namespace brume::service {

/// Of a call of `operation`; also of one that names nothing ("", null).
std::size_t body_bytes_max(const ServiceModel* model, std::string_view operation);

/// AWS's words to a longer one: "Request must be smaller than 6291456 bytes for the InvokeFunction operation"; "" where it
/// has none of its own.
std::string too_long_text(const ServiceModel* model, std::string_view operation);

}  // namespace brume::service
