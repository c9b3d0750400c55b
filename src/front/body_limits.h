// How long the body of each operation's request may be. Bodies are held in memory before their signatures are checked, so
// the limits are as low as AWS's own allow; what is a little longer is refused by the operation in its own words.
#pragma once

#include <cstddef>

#include "front/directory.h"

namespace brume::front {

/// Of the call that `target` names; also of one that names nothing.
std::size_t body_bytes_max(const Target& target);

/// AWS's words to a longer one: "Request must be smaller than 6291456 bytes for the InvokeFunction operation"; "" where it
/// has none of its own.
std::string too_long_text(const Target& target);

}  // namespace brume::front
