// The subordinate user and group ids that an administrator gave an ordinary user (subuid(5), subgid(5)): with them a
// function's processes are another user than Brume.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace brume::lambda {

struct SubordinateIds {
  std::uint32_t first_uid = 0, first_gid = 0;
  std::uint32_t count = 0;  ///< of each; 0: there are none
  std::string why_not;      ///< then: what is missing
};

/// Of this process's user. Reads /etc/subuid and /etc/subgid and asks for the user's name: may block.
SubordinateIds find_subordinate_ids();

struct IdRange {
  std::uint32_t first = 0, count = 0;
};
/// The longest range in a file like /etc/subuid for the user of that name or number; count 0 when there is none.
/// Malformed lines count for nothing.
IdRange subordinate_range(std::string_view file, std::string_view name, std::uint32_t uid);

}  // namespace brume::lambda
