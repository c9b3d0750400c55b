// Mapping templates without VTL: text that goes out as it stands. (The VTL engine is a part of its own;
// templates that need it are refused where they are configured.)
#pragma once

#include <optional>
#include <string_view>

namespace brume::gateway {

/// Does Velocity do anything with this text: references ($name, ${name}, $!name), directives (#if, #set …)
/// or comments (##, #*)? "$5" and "#fff" are plain.
bool uses_vtl(std::string_view text);

/// Member statusCode of a MOCK integration's request. AWS reads JSON generously here: keys without quotes
/// and single quotes are common ({statusCode: 200}). nullopt when it is absent or no integer.
std::optional<int> mock_status_code(std::string_view text);

}  // namespace brume::gateway
