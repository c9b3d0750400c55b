#include "dynamodb/stream/stream_record.h"

#include "base/bytes.h"
#include "dynamodb/stream/shards.h"

namespace brume::dynamodb {
namespace {

// value: u8 format, u8 flags, i64 creation in milliseconds, then the item before (kHasBefore), the item after
// (kHasAfter), or, if the view type wants neither, an item of the key attributes alone; each with its length before it.
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 1 + 1 + sizeof(std::int64_t);

enum Flag : std::uint8_t {
  kEvent = 0x03,  // a StreamEvent
  kByTimeToLive = 0x04,
  kHasBefore = 0x08,
  kHasAfter = 0x10,
  kAllFlags = 0x1f,
};

bool wants_before(StreamView view) { return view == StreamView::old_image || view == StreamView::new_and_old_images; }
bool wants_after(StreamView view) { return view == StreamView::new_image || view == StreamView::new_and_old_images; }

StreamEvent event_of(const ItemChange& change) {
  if (change.before.empty()) return StreamEvent::insert;
  return change.after.empty() ? StreamEvent::remove : StreamEvent::modify;
}

void append_item(std::string& value, std::string_view item) {
  wire::append_varint(value, item.size());
  value.append(item);
}

std::string entry_key(std::string_view stream_prefix, StreamEntry entry) {
  std::string key;
  key.reserve(stream_prefix.size() + 1 + sizeof(std::uint64_t) + sizeof(std::uint16_t));
  key.append(stream_prefix);
  append_big_endian(key, static_cast<std::uint8_t>(entry));
  return key;
}

/// Takes an item with its length before it; false if there is none.
bool take_item(std::string_view& rest) {
  std::size_t length = 0;
  int shift = 0;
  for (;; shift += 7) {
    if (rest.empty() || shift > 28) return false;
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length == 0 || length > rest.size() || !wire::is_well_formed_item(rest.substr(0, length))) return false;
  rest.remove_prefix(length);
  return true;
}

bool is_well_formed_value(std::string_view value) {
  if (value.size() < kHeaderBytes || static_cast<std::uint8_t>(value[0]) != kFormat) return false;
  const auto flags = static_cast<std::uint8_t>(value[1]);
  const auto event = static_cast<StreamEvent>(flags & kEvent);
  if ((flags & ~kAllFlags) != 0 || event > StreamEvent::remove) return false;
  if (event == StreamEvent::insert && (flags & kHasBefore)) return false;
  if (event == StreamEvent::remove && (flags & kHasAfter)) return false;
  std::string_view rest = value.substr(kHeaderBytes);
  const int items = std::max(1, ((flags & kHasBefore) != 0) + ((flags & kHasAfter) != 0));
  for (int i = 0; i < items; ++i)
    if (!take_item(rest)) return false;
  return rest.empty();
}

}  // namespace

std::string key_attributes(const Table& table, wire::ItemView item) {
  std::string keys;
  auto add = [&](const AttributeDefinition& key) {
    if (auto value = item.find(key.name)) wire::append_attribute(keys, key.name, *value);
  };
  add(table.partition_key);
  if (table.sort_key) add(*table.sort_key);
  return keys;
}

void put_stream_record(store::Transaction& transaction, const Table& table, const Stream& stream,
                       const ItemChange& change, std::uint16_t number, WallTime now) {
  const StreamEvent event = event_of(change);
  const bool has_before = event != StreamEvent::insert && wants_before(stream.view);
  const bool has_after = event != StreamEvent::remove && wants_after(stream.view);

  std::string value;
  constexpr std::size_t kLengths = 2 * 3;
  value.reserve(kHeaderBytes + kLengths + (has_before ? change.before.content().size() : 0) +
                (has_after ? change.after.content().size() : 0));
  append_big_endian(value, kFormat);
  append_big_endian<std::uint8_t>(value, static_cast<std::uint8_t>(event) |
                                             (change.by_time_to_live ? kByTimeToLive : 0) |
                                             (has_before ? kHasBefore : 0) | (has_after ? kHasAfter : 0));
  append_big_endian(value, unix_millis(now));
  if (has_before) append_item(value, change.before.content());
  if (has_after) append_item(value, change.after.content());
  if (!has_before && !has_after)
    append_item(value, key_attributes(table, change.after.empty() ? change.before : change.after));
  transaction.put(stream_record_key(stream.key_prefix, {transaction.version(), number}), value);
}

std::string stream_record_key(std::string_view stream_prefix, StreamPosition position) {
  std::string key = entry_key(stream_prefix, StreamEntry::record);
  append_big_endian(key, position.version);
  append_big_endian(key, position.number);
  return key;
}

store::Range stream_record_range(std::string_view stream_prefix, StreamPosition begin, StreamPosition end) {
  return {stream_record_key(stream_prefix, begin), stream_record_key(stream_prefix, end)};
}

StreamPosition position_in(std::string_view record_key) {
  const char* at = record_key.data() + kStreamPrefixBytes + 1;
  return {read_big_endian<std::uint64_t>(at), read_big_endian<std::uint16_t>(at + sizeof(std::uint64_t))};
}

WallTime creation_time(std::string_view record) {
  return WallTime(std::chrono::milliseconds(read_big_endian<std::int64_t>(record.data() + 2)));
}

StreamRecordView::StreamRecordView(std::string_view value) {
  const auto flags = static_cast<std::uint8_t>(value[1]);
  event = static_cast<StreamEvent>(flags & kEvent);
  by_time_to_live = (flags & kByTimeToLive) != 0;
  created_at = creation_time(value);
  const char* at = value.data() + kHeaderBytes;
  if (flags & kHasBefore) keys = *(before = wire::ItemView(wire::detail::read_bytes(at)));
  if (flags & kHasAfter) keys = *(after = wire::ItemView(wire::detail::read_bytes(at)));
  if (!before && !after) keys = wire::ItemView(wire::detail::read_bytes(at));
}

bool is_well_formed_stream_record(std::string_view key, std::string_view value) {
  if (key.size() <= kStreamPrefixBytes) return false;
  const std::size_t rest = key.size() - kStreamPrefixBytes - 1;
  switch (static_cast<StreamEntry>(key[kStreamPrefixBytes])) {
    case StreamEntry::shard_mark: return rest == sizeof(std::uint32_t) && is_well_formed_shard_mark(value);
    case StreamEntry::record:
      return rest == sizeof(std::uint64_t) + sizeof(std::uint16_t) && is_well_formed_value(value);
    case StreamEntry::horizon: return rest == 0 && value.size() == sizeof(std::uint64_t);
  }
  return false;
}

}  // namespace brume::dynamodb
