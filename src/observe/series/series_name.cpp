#include "observe/series/series_name.h"

#include "store/key_spaces.h"

namespace brume::observe {
namespace {

constexpr std::size_t kPartMax = 255;  // CloudWatch's namespaces, names and dimensions

void append(std::string& key, std::string_view part) {
  part = part.substr(0, part.find('\0'));
  store::append_part(key, part.substr(0, kPartMax));
}

std::string take(std::string_view& key) {
  const std::size_t end = key.find('\0');
  std::string part(key.substr(0, end));
  key.remove_prefix(end == key.npos ? key.size() : end + 1);
  return part;
}

}  // namespace

std::string series_key(std::string_view account, std::string_view region, std::string_view metric_namespace,
                       std::string_view name, std::initializer_list<Dimension> dimensions) {
  std::string key;
  for (const std::string_view part : {account, region, metric_namespace, name}) append(key, part);
  for (const auto& [dimension, value] : dimensions) {
    append(key, dimension);
    append(key, value);
  }
  return key;
}

std::string series_key_prefix(std::string_view account, std::string_view region, std::string_view metric_namespace,
                              std::string_view name) {
  std::string key;
  for (const std::string_view part : {account, region, metric_namespace, name}) {
    if (part.empty()) break;
    append(key, part);
  }
  return key;
}

SeriesName series_name(std::string_view key) {
  SeriesName out;
  out.account = take(key);
  out.region = take(key);
  out.metric_namespace = take(key);
  out.name = take(key);
  while (!key.empty()) {
    std::string dimension = take(key);
    out.dimensions.emplace_back(std::move(dimension), take(key));
  }
  return out;
}

}  // namespace brume::observe
