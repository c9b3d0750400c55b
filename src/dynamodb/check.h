// `brume store check`: looks at every key and value of DynamoDB's space.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Sees the entries of a stopped store in the order of their keys (tables come before items there). Checks
/// that records can be read, that each item is well formed, belongs to a table that is there or being
/// removed, and lies under the key that its key attributes give, and that counters agree with the items
/// after a clean stop.
class EntryChecker {
 public:
  /// `report` is given one line for each thing that is wrong.
  explicit EntryChecker(std::function<void(std::string)> report) : report_(std::move(report)) {}

  /// Entries of other spaces are ignored.
  void see(std::string_view key, std::string_view value);
  /// After the last entry.
  void finish();

  std::uint64_t items() const { return items_; }
  std::uint64_t tables() const { return tables_; }

 private:
  struct Seen {
    TablePtr table;           ///< null for one that is being removed
    std::int64_t items = 0;
    std::int64_t bytes = 0;
    std::optional<std::pair<std::int64_t, std::int64_t>> counters;
  };
  void see_table(std::string_view key, std::string_view value);
  void see_item(std::string_view key, std::string_view value);
  void see_counters(std::string_view key, std::string_view value);
  void wrong(std::string_view key, std::string_view what);

  std::function<void(std::string)> report_;
  std::map<TableId, Seen> seen_;
  bool clean_stop_ = false;
  std::uint64_t items_ = 0;
  std::uint64_t tables_ = 0;
};

}  // namespace brume::dynamodb
