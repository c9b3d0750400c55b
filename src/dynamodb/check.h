// `brume store check`: looks at every key and value of DynamoDB's space.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/table/content_sum.h"
#include "dynamodb/stream/stream_balance.h"
#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Sees the entries of a stopped store in the order of their keys (tables come before everything that belongs to them).
/// Checks that
///   - records can be read, and everything belongs to a table that is there or being removed;
///   - each item is well formed and lies under the key that its key attributes give;
///   - each index has exactly the entries that the items call for, unless it is being filled or removed; likewise the
///     records of items that expire;
///   - stream records are well formed, and a stream that tells of all writes adds up to the items;
///   - counters agree with the items after a clean stop.
/// Keeps counts and sums, not entries, so it takes no more memory for a large store.
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
  using Counters = std::pair<std::int64_t, std::int64_t>;  // items, bytes
  /// Entries that stand in the store, and those that the items call for.
  struct Compared {
    ContentSum stored;
    ContentSum expected;
    Counters counted;  // of the stored ones
    std::optional<Counters> counters;  // the record
  };
  struct Seen {
    TablePtr table;  // null for one that is being removed, or whose streams alone are left
    TablePtr former;  // a deleted table whose streams can still be read
    bool removing = false;  // its entries are going away
    Counters counted;
    std::optional<Counters> counters;
    std::map<std::uint16_t, Compared> indexes;
    Compared expiry;
    StreamBalance stream;
  };

  void see_removal(std::string_view key, std::string_view value);
  void see_table(std::string_view key, std::string_view value);
  void see_former_table(std::string_view key, std::string_view value);
  void see_item(std::string_view key, std::string_view value);
  void see_index_entry(std::string_view key, std::string_view value);
  void see_expiry(std::string_view key, std::string_view value);
  void see_stream_record(std::string_view key, std::string_view value);
  void see_counters(std::string_view key, std::string_view value);
  void expect_entries(Seen& seen, std::string_view key, wire::ItemView item);
  void finish_table(TableId id, const Seen& seen);
  /// The table that the key's first four bytes after its kind name, or null with a report. Of a deleted table nothing
  /// but `streams` may be left.
  Seen* seen_of(std::string_view key, std::string_view what, bool streams = false);
  void wrong(std::string_view key, std::string_view what);

  std::function<void(std::string)> report_;
  std::map<TableId, Seen> seen_;
  bool clean_stop_ = false;
  std::uint64_t items_ = 0;
  std::uint64_t tables_ = 0;
};

}  // namespace brume::dynamodb
