// How much memory this process may count on.
#pragma once

#include <cstdint>

namespace brume::lambda {

/// The host's memory, or what the cgroups that this process is in allow, where that is less. Blocks (reads /proc, /sys).
std::uint64_t host_memory_bytes();

}  // namespace brume::lambda
