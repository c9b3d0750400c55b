// Compressed request bodies.
#pragma once

#include <string>
#include <string_view>

namespace brume::front {

/// Inflates `body` into `out`; false if `encoding` is not gzip, the data is damaged, or more than `bytes_max` come out.
bool inflate_gzip(std::string_view encoding, std::string_view body, std::size_t bytes_max, std::string& out);

}  // namespace brume::front
