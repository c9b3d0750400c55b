// Compressed bodies: of requests, and of replies to those who ask for it.
#pragma once

#include <string>
#include <string_view>

namespace brume::front {

/// Inflates `body` into `out`; false if `encoding` is not gzip, the data is damaged, or more than `bytes_max` come out.
bool inflate_gzip(std::string_view encoding, std::string_view body, std::size_t bytes_max, std::string& out);

/// Does the value of an Accept-Encoding header name gzip without forbidding it ("gzip;q=0")?
bool accepts_gzip(std::string_view accept_encoding);

/// `body` as gzip, at a level that costs little.
std::string deflate_gzip(std::string_view body);

}  // namespace brume::front
