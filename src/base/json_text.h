// JSON strings, written straight into the text that is being built.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace brume {

/// Appends `text` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD, so that the result is JSON
/// whatever a client or a function sent.
void append_json_string(std::string& out, std::string_view text);

// The pieces, for a writer with a buffer of its own.

/// How many bytes at the front of `text` stand in a JSON string as they are; UTF-8 is not looked at.
std::size_t json_plain_prefix(std::string_view text);
inline constexpr std::size_t kJsonEscapeMax = 6;
/// Writes the escape of `c`, a character at which json_plain_prefix stopped: returns its length, at most kJsonEscapeMax.
std::size_t write_json_escape(char c, char* to);

}  // namespace brume
