#include "cli/config_file.h"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <toml++/toml.h>

namespace brume::cli {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

[[noreturn]] void fail(const std::string& path, const toml::source_region& where, std::string_view why) {
  throw std::runtime_error(path + ":" + std::to_string(where.begin.line) + ": " + std::string(why));
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw std::runtime_error(path + ": cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) throw std::runtime_error(path + ": is larger than a megabyte");
  return text;
}

std::string text_of(const toml::node& node, const std::string& path) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  fail(path, node.source(), "a value is a string, a whole number, true or false, or an array of these");
}

}  // namespace

std::vector<FileSetting> read_config_file(const std::string& path) {
  std::vector<FileSetting> settings;
  try {
    const toml::table table = toml::parse(read_text(path), path);
    for (const auto& [key, node] : table) {
      FileSetting setting{std::string(key.str()), {}, static_cast<int>(key.source().begin.line)};
      if (node.is_table()) fail(path, key.source(), "[" + setting.name + "]: settings stand in no table");
      if (const auto* array = node.as_array())
        for (const auto& element : *array) setting.values.push_back(text_of(element, path));
      else setting.values.push_back(text_of(node, path));
      settings.push_back(std::move(setting));
    }
  } catch (const toml::parse_error& error) {
    fail(path, error.source(), error.description());
  }
  std::sort(settings.begin(), settings.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return settings;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& names) {
  constexpr std::size_t kNameMax = 64;
  if (name.size() > kNameMax) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(name.size() / 3, 2) + 1;
  for (const std::string& candidate : names) {
    // Levenshtein's distance, one row at a time.
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::size_t corner = row[0]++;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t changed = corner + (name[i] == candidate[j] ? 0 : 1);
        corner = row[j + 1];
        row[j + 1] = std::min({changed, row[j] + 1, corner + 1});
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace brume::cli
