// Digests, on OpenSSL's libcrypto. Results are raw bytes unless the name says hex.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace brume {

std::string sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string md5(std::string_view bytes);
/// For protocols that demand it alone.
std::string sha1(std::string_view bytes);
/// CRC-32 (IEEE, as zlib and the x-amz-crc32 header compute it).
std::uint32_t crc32(std::string_view bytes);
/// Compares in a time that does not depend on where the texts differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace brume
