// Programs of the host.
#pragma once

#include <string>

namespace brume {

/// The first executable `name` in PATH (without one: /usr/local/bin, /usr/bin, /bin), or "".
std::string find_program(const std::string& name);

}  // namespace brume
