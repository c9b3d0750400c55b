#include "dynamodb/stream/stream_balance.h"

#include "base/bytes.h"
#include "base/error.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/stream/stream_record.h"

namespace brume::dynamodb {
namespace {

/// The stream that tells of every write; null if there is none.
const Stream* whole_stream(const Table& table) {
  const Stream* stream = table.stream();
  return stream && stream->since_creation ? stream : nullptr;
}

/// What of an item counts.
std::string_view counted(const Stream& stream, wire::ItemView item) {
  return stream.view == StreamView::new_and_old_images ? item.content() : std::string_view();
}

}  // namespace

void StreamBalance::add_item(const Table& table, std::string_view key, wire::ItemView item) {
  if (const Stream* stream = whole_stream(table)) items_.add(key, counted(*stream, item));
}

void StreamBalance::add_entry(const Table& table, std::string_view key, std::string_view value) {
  const Stream* stream = whole_stream(table);
  if (!stream || read_big_endian<std::uint32_t>(key.data() + kItemsPrefixBytes) != stream->number) return;
  const auto kind = static_cast<StreamEntry>(key[kStreamPrefixBytes]);
  trimmed_ = trimmed_ || kind == StreamEntry::horizon;
  if (kind != StreamEntry::record) return;
  const StreamRecordView record(value);
  std::string item_key;
  try {
    item_key = key_of_item(table, record.keys);
  } catch (const AwsError&) {
    item_key = "an item without a key";  // agrees with no item
  }
  if (record.event != StreamEvent::insert)
    records_.remove(item_key, counted(*stream, record.before.value_or(wire::ItemView())));
  if (record.event != StreamEvent::remove)
    records_.add(item_key, counted(*stream, record.after.value_or(wire::ItemView())));
}

}  // namespace brume::dynamodb
