// Which names an open server on the loopback answers to. A page of the web may make its own name resolve to 127.0.0.1
// ("DNS rebinding"); its requests then carry no Origin, but that name as their host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brume::server {

/// `host` is a Host header's value: addresses of the loopback, localhost and names below it, host.brume.internal, and
/// `names` are allowed, in any case, with any port or none. No host at all is, as browsers always send one.
bool is_own_host(std::string_view host, const std::vector<std::string>& names);

}  // namespace brume::server
