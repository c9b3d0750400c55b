// Which deployed API a request is for, from its host or path.
#include "base/text.h"
#include "gateway/gateway.h"
#include "net/message/host_name.h"

namespace brume::gateway {

namespace {

constexpr std::string_view kExecuteApi = ".execute-api.";

/// Takes one segment from the front of `path`; slashes before it don't count.
std::string_view take_segment(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

ApiAddress address(std::string_view api, std::string_view stage, std::string_view path) {
  return {std::string(api), std::string(stage), std::string(path), {}};
}

std::optional<ApiAddress> address_of_path(std::string_view path) {
  if (path.starts_with("/_aws/execute-api/")) {
    path.remove_prefix(std::string_view("/_aws/execute-api/").size());
    std::string_view api = take_segment(path);
    std::string_view stage = take_segment(path);
    return address(api, stage, path);
  }
  // /restapis/API/STAGE/_user_request_/… ; other paths under /restapis are the control plane's.
  if (!path.starts_with("/restapis/")) return std::nullopt;
  path.remove_prefix(std::string_view("/restapis/").size());
  std::string_view api = take_segment(path);
  std::string_view stage = take_segment(path);
  if (take_segment(path) != "_user_request_") return std::nullopt;
  return address(api, stage, path);
}

}  // namespace

std::optional<ApiAddress> address_of(const net::Request& request) {
  std::string_view host = request.header_or_empty("Host");
  if (host.size() > kExecuteApi.size() && host.find('.') != std::string_view::npos) {
    std::string name = lower(net::host_name(host));
    std::size_t dot = name.find('.');
    if (dot != std::string::npos && dot > 0 && std::string_view(name).substr(dot).starts_with(kExecuteApi)) {
      std::string_view path = request.path;
      std::string_view stage = take_segment(path);
      ApiAddress found = address(std::string_view(name).substr(0, dot), stage, path);
      found.domain = std::move(name);
      return found;
    }
  }
  return address_of_path(request.path);
}

}  // namespace brume::gateway
