#include "server/host_rule.h"

#include <algorithm>

#include "base/text.h"
#include "net/message/host_name.h"
#include "server/loopback.h"

namespace brume::server {

bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  if (host.empty()) return true;
  std::string name = lower(net::host_name(host));
  if (name.ends_with('.')) name.pop_back();
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  if (is_loopback(name) || name.ends_with(".localhost") || name == "host.brume.internal") return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& allowed) { return lower(allowed) == name; });
}

}  // namespace brume::server
