// What a metric series is called: whose it is, its namespace, its name, its dimensions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brume::observe {

struct SeriesName {
  std::string account;         ///< 12 digits
  std::string region;
  std::string metric_namespace;  ///< "AWS/DynamoDB"
  std::string name;            ///< "ConsumedReadCapacityUnits"
  std::vector<std::pair<std::string, std::string>> dimensions = {};  ///< in the order of their names
  bool operator==(const SeriesName&) const = default;
};

using Dimension = std::pair<std::string_view, std::string_view>;

/// The name as one text: by account, region, namespace and name in this order, then the dimensions, which are given in the
/// order of their names. A part is cut at 255 bytes and at a NUL, which none can hold.
std::string series_key(std::string_view account, std::string_view region, std::string_view metric_namespace,
                       std::string_view name, std::initializer_list<Dimension> dimensions);
/// What all keys begin with that have these parts; an empty part ends it.
std::string series_key_prefix(std::string_view account, std::string_view region, std::string_view metric_namespace = {},
                              std::string_view name = {});
/// Of a key that series_key() made.
SeriesName series_name(std::string_view key);

}  // namespace brume::observe
