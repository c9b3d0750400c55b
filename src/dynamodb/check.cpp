#include "dynamodb/check.h"

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/error.h"
#include "dynamodb/item/item_key.h"
#include "store/store.h"
#include "wire/size.h"

namespace brume::dynamodb {

void EntryChecker::see(std::string_view key, std::string_view value) {
  switch (kind_of(key)) {
    case '\0': return;
    case 'T': return see_table(key, value);
    case 'R':
      if (auto table = decode_removal_key(key)) seen_[*table];
      else wrong(key, "removal mark without a table");
      return;
    case 'i': return see_item(key, value);
    case 'k': return see_counters(key, value);
    case 'o': clean_stop_ = true; return;
    case 'n':
      if (value.size() != sizeof(std::uint32_t)) wrong(key, "next table id is malformed");
      return;
    default: wrong(key, "unknown kind of entry");
  }
}

void EntryChecker::see_table(std::string_view key, std::string_view value) {
  try {
    Table table = decode_table(value);
    if (table.record_key() != key) return wrong(key, "table record under another table's key");
    TableId id = table.id;
    seen_[id].table = finish_table(std::move(table), std::make_shared<TableLive>());
    tables_ += 1;
  } catch (const store::StoreError& error) {
    wrong(key, error.what());
  }
}

void EntryChecker::see_item(std::string_view key, std::string_view value) {
  items_ += 1;
  auto parts = decode_item_key(key);
  if (!parts) return wrong(key, "item key is malformed");
  if (!wire::is_well_formed_item(value)) return wrong(key, "item is malformed");
  auto seen = seen_.find(parts->table);
  if (seen == seen_.end()) return wrong(key, "item of a table that is not there");
  wire::ItemView item(value);
  seen->second.items += 1;
  seen->second.bytes += static_cast<std::int64_t>(wire::item_size(item));
  if (!seen->second.table) return;
  try {
    if (key_of_item(*seen->second.table, item) != key) wrong(key, "key attributes do not agree with the key");
  } catch (const AwsError& error) {
    wrong(key, error.message());
  }
}

void EntryChecker::see_counters(std::string_view key, std::string_view value) {
  std::int64_t items = 0, bytes = 0;
  if (key.size() != kItemsPrefixBytes || !decode_counters(value, items, bytes))
    return wrong(key, "counters are malformed");
  auto seen = seen_.find(TableId(read_big_endian<std::uint32_t>(key.data() + 2)));
  if (seen != seen_.end()) seen->second.counters = {items, bytes};
}

void EntryChecker::finish() {
  if (!clean_stop_) return;
  for (const auto& [id, seen] : seen_) {
    if (!seen.table || seen.table->change == TableStatus::deleting) continue;
    if (seen.counters != std::pair(seen.items, seen.bytes))
      wrong(counters_key(id), "item count or size of table " + seen.table->name + " does not agree with its items");
  }
}

void EntryChecker::wrong(std::string_view key, std::string_view what) {
  report_("dynamodb entry " + hex_encode(key) + ": " + std::string(what));
}

}  // namespace brume::dynamodb
