#include "dynamodb/table/table.h"

#include <algorithm>

#include "service/arn.h"

namespace brume::dynamodb {

std::string_view text_of(TableStatus status) {
  switch (status) {
    case TableStatus::creating: return "CREATING";
    case TableStatus::updating: return "UPDATING";
    case TableStatus::deleting: return "DELETING";
    default: return "ACTIVE";
  }
}

TableStatus Table::status(WallTime now) const {
  if (change == TableStatus::active || now < settles_at) return change;
  return change == TableStatus::deleting ? TableStatus::gone : TableStatus::active;
}

bool Table::serves_items(WallTime now) const {
  TableStatus current = status(now);
  return current == TableStatus::active || current == TableStatus::updating;
}

std::string Table::arn() const { return service::make_arn("dynamodb", region, account, "table/" + name); }

std::string_view text_of(IndexStatus status) {
  switch (status) {
    case IndexStatus::creating: return "CREATING";
    case IndexStatus::updating: return "UPDATING";
    case IndexStatus::deleting: return "DELETING";
    default: return "ACTIVE";
  }
}

IndexStatus Index::status(WallTime now) const {
  bool settled = change == IndexStatus::updating || (change == IndexStatus::creating && !backfilling);
  return settled && now >= settles_at ? IndexStatus::active : change;
}

bool Index::serves_reads(WallTime now) const {
  IndexStatus current = status(now);
  return current == IndexStatus::active || current == IndexStatus::updating;
}

bool Index::has_key(std::string_view attribute) const {
  auto named = [&](const AttributeDefinition& key) { return key.name == attribute; };
  return std::any_of(partition_keys.begin(), partition_keys.end(), named) ||
         std::any_of(sort_keys.begin(), sort_keys.end(), named);
}

const Index* Table::find_index(std::string_view wanted) const {
  for (const Index& index : indexes)
    if (index.name == wanted) return &index;
  return nullptr;
}

TablePtr finish_table(Table table, std::shared_ptr<TableLive> live) {
  table.live = std::move(live);
  table.key_prefix = items_prefix(table.id);
  for (Stream& stream : table.streams) stream.key_prefix = stream_prefix(table.id, stream.number);
  std::lock_guard lock(table.live->indexes_mutex);
  for (Index& index : table.indexes) {
    index.key_prefix = index_prefix(table.id, index.kind == IndexKind::local, index.number);
    std::shared_ptr<TableCounters>& counters = table.live->index_counters[index.number];
    if (!counters) counters = std::make_shared<TableCounters>();
    index.counters = counters;
  }
  return std::make_shared<const Table>(std::move(table));
}

}  // namespace brume::dynamodb
