#include "dynamodb/check.h"

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/error.h"
#include "dynamodb/index/index_entry.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/stream/stream_record.h"
#include "dynamodb/index/expiry_index.h"
#include "store/store.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

std::int64_t size_of(wire::ItemView item) { return static_cast<std::int64_t>(wire::item_size(item)); }

/// One that is complete: neither being filled nor removed.
bool is_kept(const Index& index) { return index.takes_writes() && !index.backfilling; }

const Index* index_with(const Table& table, std::uint16_t number, bool local) {
  for (const Index& index : table.indexes)
    if (index.number == number && (index.kind == IndexKind::local) == local) return &index;
  return nullptr;
}

std::string difference(const ContentSum& stored, const ContentSum& expected) {
  return " do not agree with the items: there are " + std::to_string(stored.count()) + ", the items call for " +
         std::to_string(expected.count()) + (stored.count() == expected.count() ? " others" : "");
}

/// Both are items and bytes.
std::string figures(const std::pair<std::int64_t, std::int64_t>& kept,
                    const std::pair<std::int64_t, std::int64_t>& real) {
  const auto text = [](const auto& one) {
    return std::to_string(one.first) + " of " + std::to_string(one.second) + " bytes";
  };
  return ": kept are " + text(kept) + ", there are " + text(real);
}

}  // namespace

void EntryChecker::see(std::string_view key, std::string_view value) {
  switch (kind_of(key)) {
    case '\0': return;
    case 'R': return see_removal(key, value);
    case 'D': return see_former_table(key, value);
    case 'T': return see_table(key, value);
    case 'i': return see_item(key, value);
    case 'l':
    case 'g': return see_index_entry(key, value);
    case 'e': return see_expiry(key, value);
    case 's': return see_stream_record(key, value);
    case 'k': return see_counters(key, value);
    case 'b': seen_of(key, "progress of a backfill"); return;
    case 't': return;
    case 'o': clean_stop_ = true; return;
    case 'n':
      if (value.size() != sizeof(std::uint32_t)) wrong(key, "next table id is malformed");
      return;
    default: wrong(key, "unknown kind of entry");
  }
}

EntryChecker::Seen* EntryChecker::seen_of(std::string_view key, std::string_view what, bool streams) {
  if (key.size() < kItemsPrefixBytes) {
    wrong(key, std::string(what) + ": key is malformed");
    return nullptr;
  }
  auto seen = seen_.find(TableId(read_big_endian<std::uint32_t>(key.data() + 2)));
  if (seen != seen_.end() && (streams || seen->second.table || seen->second.removing)) return &seen->second;
  wrong(key, std::string(what) + " of a table that is not there");
  return nullptr;
}

void EntryChecker::see_removal(std::string_view key, std::string_view value) {
  auto table = decode_removal_key(key);
  if (!table) return wrong(key, "removal mark without a table");
  seen_[*table].removing = true;
  try {
    if (!value.empty() && decode_table(value).id != *table) wrong(key, "removal mark with another table's record");
  } catch (const store::StoreError& error) {
    wrong(key, error.what());
  }
}

void EntryChecker::see_table(std::string_view key, std::string_view value) {
  try {
    Table table = decode_table(value);
    if (table.record_key() != key) return wrong(key, "table record under another table's key");
    TableId id = table.id;
    seen_[id].table = dynamodb::finish_table(std::move(table), std::make_shared<TableLive>());
    tables_ += 1;
  } catch (const store::StoreError& error) {
    wrong(key, error.what());
  }
}

void EntryChecker::see_former_table(std::string_view key, std::string_view value) {
  try {
    Table table = decode_table(value);
    const TableId id = table.id;
    if (former_table_key(id) != key) return wrong(key, "record of a deleted table under another table's key");
    seen_[id].former = dynamodb::finish_table(std::move(table), std::make_shared<TableLive>());
  } catch (const store::StoreError& error) {
    wrong(key, error.what());
  }
}

void EntryChecker::see_item(std::string_view key, std::string_view value) {
  items_ += 1;
  if (!decode_item_key(key)) return wrong(key, "item key is malformed");
  if (!wire::is_well_formed_item(value)) return wrong(key, "item is malformed");
  Seen* seen = seen_of(key, "item");
  if (!seen) return;
  wire::ItemView item(value);
  seen->counted.first += 1;
  seen->counted.second += size_of(item);
  if (!seen->table) return;
  try {
    if (key_of_item(*seen->table, item) != key) return wrong(key, "key attributes do not agree with the key");
  } catch (const AwsError& error) {
    return wrong(key, error.message());
  }
  expect_entries(*seen, key, item);
}

void EntryChecker::expect_entries(Seen& seen, std::string_view key, wire::ItemView item) {
  const Table& table = *seen.table;
  seen.stream.add_item(table, key, item);
  IndexEntry entry;
  for (const Index& index : table.indexes)
    if (is_kept(index) && make_index_entry(table, index, key, item, entry))
      seen.indexes[index.number].expected.add(entry.key, entry.attributes);
  if (!table.has_expiry_index()) return;
  if (auto second = expiry_of(*table.time_to_live, item)) seen.expiry.expected.add(expiry_key(*second, key), {});
}

void EntryChecker::see_index_entry(std::string_view key, std::string_view value) {
  Seen* seen = seen_of(key, "index entry");
  if (!seen) return;
  if (key.size() <= kIndexPrefixBytes) return wrong(key, "key of an index entry is malformed");
  if (!wire::is_well_formed_item(value)) return wrong(key, "index entry is malformed");
  if (!seen->table || seen->removing) return;
  const auto number = read_big_endian<std::uint16_t>(key.data() + kItemsPrefixBytes);
  if (!index_with(*seen->table, number, kind_of(key) == 'l')) return wrong(key, "entry of an index that is not there");
  Compared& index = seen->indexes[number];
  index.stored.add(key, value);
  index.counted.first += 1;
  index.counted.second += size_of(wire::ItemView(value));
}

void EntryChecker::see_expiry(std::string_view key, std::string_view) {
  auto parts = decode_expiry_key(key);
  if (!parts) return wrong(key, "expiry record is malformed");
  if (Seen* seen = seen_of(parts->item_key, "expiry record")) seen->expiry.stored.add(key, {});
}

void EntryChecker::see_stream_record(std::string_view key, std::string_view value) {
  Seen* seen = seen_of(key, "stream entry", true);
  if (!seen) return;
  if (!is_well_formed_stream_record(key, value)) return wrong(key, "stream entry is malformed");
  const TablePtr& table = seen->table ? seen->table : seen->former;
  if (!table) return;
  const auto number = read_big_endian<std::uint32_t>(key.data() + kItemsPrefixBytes);
  if (number == 0 || number >= table->next_stream_number)
    return wrong(key, "entry of a stream that table " + table->name + " never had");
  if (seen->table) seen->stream.add_entry(*seen->table, key, value);
}

void EntryChecker::see_counters(std::string_view key, std::string_view value) {
  Counters counters;
  const bool is_table = key.size() == kItemsPrefixBytes, is_index = key.size() == kIndexPrefixBytes;
  if ((!is_table && !is_index) || !decode_counters(value, counters.first, counters.second))
    return wrong(key, "counters are malformed");
  auto seen = seen_.find(TableId(read_big_endian<std::uint32_t>(key.data() + 2)));
  if (seen == seen_.end()) return;
  if (is_table) seen->second.counters = counters;
  else seen->second.indexes[read_big_endian<std::uint16_t>(key.data() + kItemsPrefixBytes)].counters = counters;
}

void EntryChecker::finish() {
  for (const auto& [id, seen] : seen_)
    if (seen.table && !seen.removing && seen.table->change != TableStatus::deleting) finish_table(id, seen);
}

void EntryChecker::finish_table(TableId id, const Seen& seen) {
  const Table& table = *seen.table;
  if (clean_stop_ && seen.counters && *seen.counters != seen.counted)
    wrong(counters_key(id), "item count or size of table " + table.name + " does not agree with its items" +
                                figures(*seen.counters, seen.counted));
  const Compared none;
  for (const Index& index : table.indexes) {
    auto found = seen.indexes.find(index.number);
    const Compared& compared = found == seen.indexes.end() ? none : found->second;
    if (!is_kept(index)) continue;
    const std::string where = "index " + index.name + " of table " + table.name;
    if (!(compared.stored == compared.expected))
      wrong(index.key_prefix, "entries of " + where + difference(compared.stored, compared.expected));
    if (clean_stop_ && compared.counters && *compared.counters != compared.counted)
      wrong(counters_key(id, index.number), "item count or size of " + where + " does not agree with its entries" +
                                                figures(*compared.counters, compared.counted));
  }
  const bool expiry_changes = table.time_to_live && table.time_to_live->backfilling;
  if (!expiry_changes && !(seen.expiry.stored == seen.expiry.expected))
    wrong(table.record_key(),
          "expiry records of table " + table.name + difference(seen.expiry.stored, seen.expiry.expected));
  if (!seen.stream.agrees())
    wrong(table.record_key(), "records of the stream of table " + table.name + " do not add up to its items");
}

void EntryChecker::wrong(std::string_view key, std::string_view what) {
  report_("dynamodb entry " + hex_encode(key) + ": " + std::string(what));
}

}  // namespace brume::dynamodb
