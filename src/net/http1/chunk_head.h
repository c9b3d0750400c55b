// The line before each piece of a body in the chunked coding (RFC 9112, section 7.1).
#pragma once

#include <charconv>
#include <cstddef>
#include <string_view>

namespace brume::net {

/// Appends it to a string or a buffer.
template <class Text>
void append_chunk_head(Text& out, std::size_t size) {
  char line[18];
  char* end = std::to_chars(line, line + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(std::string_view(line, static_cast<std::size_t>(end - line)));
}

}  // namespace brume::net
