// What a browser sees at the server's root: SDKs never ask for it.
#pragma once

#include <string_view>

#include "net/message/http_message.h"

namespace brume::server {

inline constexpr std::string_view kCompatibilityPath = "/_brume/compatibility";

/// Whether it is a browser that asks for the root: by Accept, and without a signature.
bool wants_landing_page(const net::Request& request);
net::Response landing_page(std::string_view version);

}  // namespace brume::server
