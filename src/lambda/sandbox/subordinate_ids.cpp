#include "lambda/sandbox/subordinate_ids.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "sandbox_launcher/spec.h"

namespace brume::lambda {

namespace {

constexpr std::uint32_t kCountMax = 1 << 16;  // more environments than that do not run at once

std::string text_of(const char* path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string own_name() {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  return ::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr ? found->pw_name : "";
}

bool number(std::string_view text, std::uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

IdRange subordinate_range(std::string_view file, std::string_view name, std::uint32_t uid) {
  IdRange longest;
  while (!file.empty()) {
    const auto end = std::min(file.find('\n'), file.size());
    const std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    const auto first = line.find(':'), second = line.find(':', first == line.npos ? first : first + 1);
    if (second == line.npos) continue;
    const std::string_view owner = line.substr(0, first);
    std::uint32_t owner_id = 0;
    IdRange range;
    if ((owner != name || name.empty()) && !(number(owner, owner_id) && owner_id == uid)) continue;
    if (!number(line.substr(first + 1, second - first - 1), range.first) ||
        !number(line.substr(second + 1), range.count) || range.first == 0 || range.count > ~0u - range.first)
      continue;
    if (range.count > longest.count) longest = range;
  }
  return longest;
}

SubordinateIds find_subordinate_ids() {
  SubordinateIds ids;
  for (const char* program : {sandbox_launcher::kNewUidMap, sandbox_launcher::kNewGidMap})
    if (::access(program, X_OK) != 0) {
      ids.why_not = std::string("no ") + program;
      return ids;
    }
  const std::string name = own_name();
  const IdRange users = subordinate_range(text_of("/etc/subuid"), name, ::getuid());
  const IdRange groups = subordinate_range(text_of("/etc/subgid"), name, ::getuid());
  ids.first_uid = users.first;
  ids.first_gid = groups.first;
  ids.count = std::min({users.count, groups.count, kCountMax});
  if (ids.count == 0)
    ids.why_not = std::string(users.count == 0 ? "/etc/subuid" : "/etc/subgid") + " has no ids for this user";
  return ids;
}

}  // namespace brume::lambda
