#include <cstdio>
#include <filesystem>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "server/house.h"

namespace brume::cli {

int compatibility() {
  // The rows are bound to running services, so a house is built on an empty folder that goes again.
  std::string folder = (std::filesystem::temp_directory_path() / "brume-compatibility-XXXXXX").string();
  if (!mkdtemp(folder.data())) {
    std::perror("brume: cannot create a temporary folder");
    return 1;
  }
  int status = 0;
  try {
    set_log_level(LogLevel::error);
    server::Config config;
    config.listen_port = 0;
    config.data_folder = folder;
    server::House house(config);
    std::fputs(house.compatibility().c_str(), stdout);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    status = 1;
  }
  std::error_code ignored;  // a leftover in the temporary folder does no harm
  std::filesystem::remove_all(folder, ignored);
  return status;
}

}  // namespace brume::cli
