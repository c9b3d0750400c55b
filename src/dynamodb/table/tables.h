// The tables that exist, as the store's records say: loaded once, then kept right by their changes.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/kept_records.h"
#include "dynamodb/table/table.h"
#include "store/store.h"

namespace brume::dynamodb {

/// Thread-safe. A look-up takes no lock and shares no counter between threads. A change of a table's record shows before
/// the commit is acknowledged; all revisions of one table share its TableLive.
class Tables {
 public:
  /// `store` outlives the object.
  explicit Tables(store::Store& store);

  /// The table of this name in whatever state, or null. The pointer stays good while it is held.
  TablePtr find(std::string_view account, std::string_view region, std::string_view name) const;

  /// Made before the records are read for the first time; brings what they say. Records that change in between are newer.
  class Load {
   public:
    explicit Load(Tables& tables) : tables_(tables), load_(tables.kept_) {}
    /// Returns what is kept of it now: another revision, perhaps, or null if it was removed.
    TablePtr keep(TablePtr table);
    /// A record that is none.
    void keep_damaged(std::string key) { tables_.mark_damaged(std::move(key)); }

   private:
    Tables& tables_;
    cluster::KeptRecords<Table>::Load load_;
  };

  /// Whether the record of this name cannot be read.
  bool is_damaged(std::string_view account, std::string_view region, std::string_view name) const;

  /// Tables of an account and region in the order of their names.
  std::vector<TablePtr> list(std::string_view account, std::string_view region) const;
  std::vector<TablePtr> all() const { return kept_.list(table_records()); }

 private:
  using Kept = cluster::KeptRecords<Table>;

  void apply(const cluster::Change& change, Kept::Edit& edit);
  void mark_damaged(std::string key);
  void mark_sound(std::string_view key);

  mutable std::mutex damaged_mutex_;
  std::set<std::string, std::less<>> damaged_;  // keys
  std::atomic<std::size_t> damaged_count_ = 0;
  Kept kept_;  // by record key
};

}  // namespace brume::dynamodb
