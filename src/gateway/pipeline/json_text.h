// JSON strings, written straight into the text that is being built.
#pragma once

#include <string>
#include <string_view>

namespace brume::gateway {

/// Appends `bytes` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD, so that the result
/// is JSON whatever a client sent.
void append_json_string(std::string& out, std::string_view bytes);

}  // namespace brume::gateway
