#include "dynamodb/item/item_writer.h"

#include "dynamodb/stream/stream_record.h"
#include "dynamodb/index/expiry_index.h"
#include "wire/size.h"

namespace brume::dynamodb {

ChangeEffect ItemWriter::write(const Table& table, const ItemChange& change) {
  ChangeEffect effect;
  if (!change.before.empty()) effect.size_before = wire::item_size(change.before);
  if (change.after.empty()) {
    if (change.before.empty()) return effect;
    transaction_.erase(change.key);
  } else {
    effect.size_after = wire::item_size(change.after);
    transaction_.put(change.key, change.after.content());
  }
  for (const Index& index : table.indexes) {
    if (!index.takes_writes()) continue;
    IndexEffect index_effect;
    if (update_index(transaction_, table, index, change.key, change.before, change.after, index_effect))
      effect.indexes.push_back(index_effect);
  }
  if (table.has_expiry_index()) update_expiry(transaction_, *table.time_to_live, change);
  if (const Stream* stream = table.stream(); stream && !wire::items_equal(change.before, change.after))
    put_stream_record(transaction_, table, *stream, change, stream_records_++, now_);
  return effect;
}

void count_change(const Table& table, std::string_view key, const ChangeEffect& effect) {
  auto difference = [](std::size_t before, std::size_t after) {
    return static_cast<std::int64_t>(after) - static_cast<std::int64_t>(before);
  };
  const int items = (effect.size_after != 0) - (effect.size_before != 0);
  table.live->counters.add(key, items, difference(effect.size_before, effect.size_after));
  for (const IndexEffect& index : effect.indexes)
    index.index->counters->add(key, index.exists - index.existed, difference(index.bytes_before, index.bytes_after));
}

}  // namespace brume::dynamodb
