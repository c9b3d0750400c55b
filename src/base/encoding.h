// Text forms of bytes: hex, base64, percent-encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace brume {

std::string hex_encode(std::string_view bytes);  ///< lower case
std::optional<std::string> hex_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);  ///< standard alphabet, padded
void base64_append(std::string& out, std::string_view bytes);
/// Standard alphabet, padding required, nothing else allowed; nullopt otherwise.
std::optional<std::string> base64_decode(std::string_view text);
/// As base64_decode, appending to `out`; false (with `out` as it was) when `text` is not base64.
bool base64_decode_append(std::string_view text, std::string& out);

/// RFC 3986: everything but unreserved characters becomes %XX; '/' is kept when `keep_slash`.
std::string percent_encode(std::string_view text, bool keep_slash = false);
/// %XX becomes its byte, '+' a space when `plus_is_space`. A malformed escape stays as it stands.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace brume
