// A configuration file: TOML, one key a setting.
#pragma once

#include <string>
#include <vector>

namespace brume::cli {

struct FileSetting {
  std::string name;
  std::vector<std::string> values;  ///< one, or those of an array
  int line = 0;
};

/// In the file's order. Strings, integers and booleans, and arrays of them; what they mean is the setting's matter.
/// Errors: std::runtime_error "FILE:LINE: …" (or "FILE: …"): not readable, larger than a megabyte, no TOML, a table, a date,
/// a fraction.
std::vector<FileSetting> read_config_file(const std::string& path);

/// The one of `names` that is closest to `name`; "" if none is close.
std::string nearest_name(const std::string& name, const std::vector<std::string>& names);

}  // namespace brume::cli
