// What the service remembers of streams: deleted tables whose streams can still be read, and when each stream needs
// care. Private to dynamodb/.
#pragma once

#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "dynamodb/table/table.h"

namespace brume::dynamodb {

/// Thread-safe. Each is in the store as well (former_table_key()).
class FormerTables {
 public:
  void add(TablePtr table) {
    std::lock_guard lock(mutex_);
    const TableId id = table->id;
    tables_[id] = std::move(table);
  }
  void remove(TableId id) {
    std::lock_guard lock(mutex_);
    tables_.erase(id);
  }
  bool contains(TableId id) const {
    std::lock_guard lock(mutex_);
    return tables_.contains(id);
  }
  std::vector<TablePtr> all() const {
    std::lock_guard lock(mutex_);
    std::vector<TablePtr> all;
    for (const auto& [id, table] : tables_) all.push_back(table);
    return all;
  }
  std::vector<TablePtr> list(std::string_view account, std::string_view region) const {
    std::lock_guard lock(mutex_);
    std::vector<TablePtr> some;
    for (const auto& [id, table] : tables_)
      if (table->account == account && table->region == region) some.push_back(table);
    return some;
  }

 private:
  mutable std::mutex mutex_;
  std::map<TableId, TablePtr> tables_;  // guarded by mutex_
};

/// When a stream has to be looked at again (stream_upkeep.h).
struct StreamCare {
  WallTime seen_at;
  WallTime due_at;
  bool is_due(WallTime now) const { return now >= due_at || now < seen_at; }  // the clock may have been set back
};

}  // namespace brume::dynamodb
