#include "dynamodb/table/tables.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace brume::dynamodb {

Tables::Tables(store::Store& store) : kept_(store) {
  kept_.follow(table_records(), [this](const cluster::Change& change, Kept::Edit& edit) { apply(change, edit); });
}

TablePtr Tables::find(std::string_view account, std::string_view region, std::string_view name) const {
  thread_local std::string key;  // keeps its memory: this stands before each request
  set_table_record_key(account, region, name, key);
  return kept_.find(key);
}

TablePtr Tables::Load::keep(TablePtr table) {
  table->live->revision.store(table->revision);
  const std::string key = table->record_key();
  load_.keep(key, std::move(table));
  return tables_.kept_.find(key);
}

void Tables::apply(const cluster::Change& change, Kept::Edit& edit) {
  if (!change.value) {
    mark_sound(change.key);
    return edit.drop(change.key);
  }
  Table table;
  try {
    table = decode_table(*change.value);
  } catch (const store::StoreError& error) {
    log_error("dynamodb_table_unusable", {{"error", error.what()}});
    mark_damaged(std::string(change.key));
    return edit.drop(change.key);
  }
  const TablePtr former = edit.kept(change.key);
  const bool same = former && former->id == table.id;
  if (same && former->revision > table.revision)
    return;  // late news of another node's commit: what was loaded is newer
  TablePtr changed = finish_table(std::move(table), same ? former->live : std::make_shared<TableLive>());
  mark_sound(change.key);
  edit.keep(change.key, changed);
  changed->live->revision.store(changed->revision);  // after the map: whoever sees the number finds the table
}

void Tables::mark_damaged(std::string key) {
  std::lock_guard lock(damaged_mutex_);
  damaged_.insert(std::move(key));
  damaged_count_.store(damaged_.size());
}

void Tables::mark_sound(std::string_view key) {
  if (damaged_count_.load() == 0) return;
  std::lock_guard lock(damaged_mutex_);
  if (const auto found = damaged_.find(key); found != damaged_.end()) damaged_.erase(found);
  damaged_count_.store(damaged_.size());
}

bool Tables::is_damaged(std::string_view account, std::string_view region, std::string_view name) const {
  if (damaged_count_.load() == 0) return false;
  std::lock_guard lock(damaged_mutex_);
  return damaged_.contains(table_record_key(account, region, name));
}

std::vector<TablePtr> Tables::list(std::string_view account, std::string_view region) const {
  return kept_.list(store::Range::of_prefix(table_record_key(account, region, {})));
}

}  // namespace brume::dynamodb
