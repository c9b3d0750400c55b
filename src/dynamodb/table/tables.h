// The tables that exist, as one immutable map that is swapped when a table changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Thread-safe. A lookup takes no lock and allocates nothing: each thread keeps the map it saw last and
/// asks one atomic number whether there is a newer one.
class Tables {
 public:
  Tables();

  /// The table of this name in whatever state, or null. The pointer stays good while it is held.
  TablePtr find(std::string_view account, std::string_view region, std::string_view name) const;

  /// Replaces everything; for opening.
  void load(std::vector<TablePtr> tables);

  /// Makes a revision visible: a new table, or a higher revision of the one of that name. An older
  /// revision, or one of a table that is no longer there, is ignored, so publishers need no order.
  void publish(TablePtr table);

  /// Forgets the table, unless another one has its name by now.
  void remove(const Table& table);

  /// Tables of an account and region in the order of their names.
  std::vector<TablePtr> list(std::string_view account, std::string_view region) const;
  std::vector<TablePtr> all() const;

 private:
  struct Name {
    std::string_view account, region, name;
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Name& n) const noexcept;
  };
  /// The views of a name point into the table itself, which the entry keeps.
  using Map = std::unordered_map<Name, TablePtr, Hash>;

  static Name name_of(const Table& table) { return {table.account, table.region, table.name}; }
  const Map& current() const;
  void swap(std::shared_ptr<const Map> map);

  mutable std::mutex mutex_;
  std::shared_ptr<const Map> map_;             // guarded by mutex_
  std::atomic<std::uint64_t> generation_ = 0;  // unique over all instances of the process
};

}  // namespace brume::dynamodb
