// What `brume serve` can be told: one table, from which come --help, environment variables, the keys of a configuration
// file, and docs/SETTINGS.md.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "server/config.h"

namespace brume::cli {

/// What was told, put together.
struct Told {
  server::Config config;
  LogLevel log_level = LogLevel::info;
  /// By name: the values as they were given, joined by commas, and where ("--loops", "BRUME_LOOPS", "brume.toml:3").
  /// What is at its default is absent.
  struct Given {
    std::string value, source;
  };
  std::map<std::string, Given> given;
  std::string file;  ///< that was read; "": none
};

/// Each setting NAME is an option --NAME of a command, an environment variable (variable_of) and a key of a configuration
/// file. The first of these that names it counts; a list is replaced as a whole.
class Settings {
 public:
  /// Adds the options. `command` must outlive it.
  explicit Settings(CLI::App& command);
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  /// Once, when `command` is parsed: takes what it left open from the environment, then from `file`, or if that is ""
  /// from the file of --config or BRUME_CONFIG.
  /// Errors: CLI::Error or std::runtime_error, one sentence that names the setting, and the variable or file and line.
  Told resolve(const std::string& file = {});

  /// The table of docs/SETTINGS.md.
  std::string reference() const;

 private:
  void add_listening();
  void add_access();
  void add_store();
  void add_functions();
  void add_behaviour();
  void add_bounds();
  std::vector<CLI::Option*> options() const;  ///< without --help and --config
  CLI::Option* find(std::string_view name) const;
  void take_environment();
  void take_file(const std::string& path);
  void take(CLI::Option& option, const std::vector<std::string>& values, const std::string& source);
  void put_together();

  CLI::App& command_;
  Told told_;
  server::Config& config_ = told_.config;
  std::string file_;
  std::string listen_ = "127.0.0.1:4566";
  std::uint64_t cache_megabytes_ = 256, reserve_megabytes_ = 0, log_megabytes_ = 1024, audit_megabytes_ = 64;
  unsigned table_delay_ = 0, function_delay_ = 0, shard_seconds_ = 4 * 3600, grace_seconds_ = 10;
  unsigned async_retry_seconds_ = 60, ttl_change_seconds_ = 0;
  bool any_runtime_version_ = false;
};

/// "cache-mb" → "BRUME_CACHE_MB".
std::string variable_of(std::string_view name);

/// Whether a running server takes a change of it at SIGHUP.
bool is_reloadable(std::string_view name);

}  // namespace brume::cli
