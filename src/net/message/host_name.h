// The name in a Host header.
#pragma once

#include <string_view>

namespace brume::net {

/// `host` without its port; an IPv6 address keeps its brackets.
constexpr std::string_view host_name(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  return port ? host.substr(0, colon) : host;
}

}  // namespace brume::net
