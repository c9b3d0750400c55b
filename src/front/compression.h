// Compressed bodies: of requests, and of replies to those who ask for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brume::front {

enum class Coding : std::uint8_t { identity, gzip, deflate };  ///< deflate: the zlib format, as RFC 9110 has it

/// "gzip", as it stands in Content-Encoding.
std::string_view name_of(Coding coding);
/// The coding of that name, whatever its case; nullopt for one that is not known here.
std::optional<Coding> coding_named(std::string_view name);

enum class Inflated : std::uint8_t {
  whole,
  damaged,   ///< not of the coding, cut off, or followed by something else
  too_long,  ///< more than `bytes_max` come out
};
/// Inflates `body` into `out`. gzip may come in several members, one after another. Never makes much more than `bytes_max`.
Inflated inflate_body(Coding coding, std::string_view body, std::size_t bytes_max, std::string& out);

/// The coding of a reply to a request with this Accept-Encoding: gzip or deflate, whichever has the higher weight; of equal
/// ones the one that is named rather than meant by "*", then the one that stands first. identity if neither is welcome. It
/// counts for nothing itself, and what cannot be read of a weight is read as AWS does (compression_test.cpp).
Coding preferred_coding(std::string_view accept_encoding);

/// `body` in `coding`, which is not identity, at a level that costs little.
std::string compress(Coding coding, std::string_view body);

}  // namespace brume::front
