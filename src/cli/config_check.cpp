#include <cstdio>

#include "cli/commands.h"

namespace brume::cli {

int config_check(const Told& told) {
  server::require_sound(told.config);
  for (const auto& [name, given] : told.given)
    std::printf("%s = %s  (%s)\n", name.c_str(), given.value.c_str(), given.source.c_str());
  std::printf("%zu settings, the rest at their defaults: sound\n", told.given.size());
  return 0;
}

}  // namespace brume::cli
