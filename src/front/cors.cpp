#include "front/cors.h"

#include <algorithm>

namespace brume::front {
namespace {

constexpr std::string_view kExposed =
    "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,x-amz-crc32,x-amz-request-id,Date";

/// "http://localhost", "https://127.0.0.1:3000", "http://[::1]:8080"
bool is_loopback_page(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    const std::string_view authority = origin.substr(scheme.size());
    for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
      if (!authority.starts_with(host)) continue;
      const std::string_view port = authority.substr(host.size());
      if (port.empty()) return true;
      if (port.size() > 1 && port.front() == ':' && port.find_first_not_of("0123456789", 1) == port.npos) return true;
    }
  }
  return false;
}

}  // namespace

bool origin_allowed(std::string_view origin, const Options& options) {
  if (options.mode == AuthMode::open && is_loopback_page(origin)) return true;
  const auto& listed = options.cors_origins;
  return std::find(listed.begin(), listed.end(), origin) != listed.end();
}

net::Response preflight(const net::Request& request) {
  net::Response response;
  response.headers = {{"Access-Control-Allow-Origin", std::string(request.header_or_empty("origin"))},
                      {"Access-Control-Expose-Headers", std::string(kExposed)},
                      {"Access-Control-Max-Age", "600"},
                      {"Vary", "Origin"}};
  const auto method = request.header_or_empty("access-control-request-method");
  response.headers.emplace_back("Access-Control-Allow-Methods",
                                method.empty() ? "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS" : std::string(method));
  const auto headers = request.header_or_empty("access-control-request-headers");
  response.headers.emplace_back("Access-Control-Allow-Headers", headers.empty() ? "*" : std::string(headers));
  return response;
}

void allow_origin(net::Response& response, std::string_view origin) {
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  response.headers.emplace_back("Access-Control-Expose-Headers", std::string(kExposed));
  response.headers.emplace_back("Vary", "Origin");
}

}  // namespace brume::front
