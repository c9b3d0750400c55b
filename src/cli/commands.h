// The commands of `brume`. Each returns the process's exit status and prints its own errors.
#pragma once

#include <chrono>
#include <string>

#include "server/config.h"

namespace brume::cli {

/// Serves until SIGTERM or SIGINT, then drains. Prints `brume ready URL` on standard output once it can serve.
int serve(const server::Config& config);

struct LogsOptions {
  std::string endpoint = "http://127.0.0.1:4566";
  std::string region = "us-east-1";
  std::string function;
  bool follow = false;
  std::chrono::minutes since{60};
};
/// Prints a function's log lines, oldest first.
int logs(const LogsOptions& options);

/// Creates an access key and prints it once: through the server that holds `data_folder` if there is
/// one, else in the store directly.
int keys_create(const std::string& data_folder, const std::string& account, const std::string& user);

/// Verifies a stopped store: every checksum, every record.
int store_check(const std::string& data_folder);

/// Prints docs/COMPATIBILITY.md's tables from the operation tables.
int compatibility();

}  // namespace brume::cli
