#include "lambda/environment/host_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace brume::lambda {
namespace {

/// The limit in a cgroup's file; the largest number where there is none ("max", or no such file).
std::uint64_t limit_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t bytes = 0;
  return file >> bytes ? bytes : ~std::uint64_t(0);
}

/// Of a group and of all above it, up to the mount.
std::uint64_t least_limit(const std::string& mount, std::string group, const std::string& file) {
  std::uint64_t least = limit_in(mount + "/" + file);
  for (; !group.empty() && group != "/"; group.resize(group.rfind('/')))
    least = std::min(least, limit_in(mount + group + "/" + file));
  return least;
}

}  // namespace

std::uint64_t host_memory_bytes() {
  std::uint64_t least = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream groups("/proc/self/cgroup");  // "0::/a/b" for version 2, "4:memory:/a/b" for version 1
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == line.npos || line.find('/', second) != second + 1) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) least = std::min(least, least_limit("/sys/fs/cgroup", group, "memory.max"));
    else if (("," + controllers + ",").find(",memory,") != controllers.npos)
      least = std::min(least, least_limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace brume::lambda
