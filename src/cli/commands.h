// The commands of `brume`. Each returns the process's exit status and prints its own errors.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "cli/settings.h"

namespace brume::cli {

/// Serves until SIGTERM or SIGINT, then drains. Prints `brume ready URL` on standard output once it can serve. At SIGHUP
/// certificates are read again, and `again` tells the settings: those that can change do, the log names the others.
int serve(const Told& told, const std::function<Told()>& again);

/// Prints what was told and where, if a server would start with it. Errors: std::runtime_error, one sentence.
int config_check(const Told& told);

struct LogsOptions {
  std::string endpoint = "http://127.0.0.1:4566";
  std::string region = "us-east-1";
  std::string function;
  bool follow = false;
  std::chrono::minutes since{60};
};
/// Prints a function's log lines, oldest first.
int logs(const LogsOptions& options);

/// Sets the clock of the open server at `endpoint` forward by `by` ("2h"), if it is given; prints what it shows.
int clock(const std::string& endpoint, const std::optional<std::string>& by);

/// Creates an access key and prints it once: through the server that holds `data_folder` if there is
/// one, else in the store directly.
int keys_create(const std::string& data_folder, const std::string& account, const std::string& user);

/// Verifies a stopped store: every checksum, every record.
int store_check(const std::string& data_folder);

/// Prints docs/COMPATIBILITY.md's tables from the operation tables.
int compatibility();

}  // namespace brume::cli
