// What the kernel tells of this process (proc(5)).
#pragma once

namespace brume::observe {

/// A number that cannot be read is 0.
struct ProcessStats {
  double resident_bytes = 0;
  double open_files = 0;
  double start_seconds = 0;  ///< since 1970
  double cpu_seconds = 0;    ///< user and system
};

ProcessStats process_stats();

}  // namespace brume::observe
