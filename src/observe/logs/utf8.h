// Text that functions print is bytes; log events are Unicode.
#pragma once

#include <string>
#include <string_view>

namespace brume::observe {

/// `text` with each byte that is no part of a UTF-8 character (RFC 3629) replaced by U+FFFD.
std::string to_valid_utf8(std::string text);

}  // namespace brume::observe
