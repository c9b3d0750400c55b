#include "observe/logs/write.h"

#include <algorithm>

#include "base/bytes.h"
#include "observe/logs/errors.h"

namespace brume::observe {

std::optional<GroupRecord> find_group(store::Reader& reader, const GroupName& name) {
  std::string value;
  if (!reader.get(group_key(name), value)) return std::nullopt;
  return GroupRecord::parse(value);
}

std::optional<StreamRecord> find_stream(store::Reader& reader, GroupId group, std::string_view name) {
  std::string value;
  if (!reader.get(stream_key(group, name), value)) return std::nullopt;
  return StreamRecord::parse(value);
}

GroupRecord require_group(store::Reader& reader, const GroupName& name) {
  auto found = find_group(reader, name);
  if (!found) throw group_not_found();
  return std::move(*found);
}

StreamRecord require_stream(store::Reader& reader, GroupId group, std::string_view name) {
  auto found = find_stream(reader, group, name);
  if (!found) throw stream_not_found();
  return *found;
}

GroupRecord create_group(store::Transaction& transaction, CommitNumbers& numbers, const GroupName& name,
                         GroupRecord record) {
  record.id = numbers.next_id();
  transaction.put(group_key(name), record.serialize());
  return record;
}

StreamRecord create_stream(store::Transaction& transaction, CommitNumbers& numbers, GroupId group,
                           std::string_view name, std::int64_t now_millis) {
  StreamRecord record;
  record.id = numbers.next_id();
  record.created = now_millis;
  transaction.put(stream_key(group, name), record.serialize());
  transaction.put(stream_name_key(group, record.id), name);
  transaction.put(last_event_key(group, 0, name), "");
  return record;
}

std::uint64_t write_events(store::Transaction& transaction, CommitNumbers& numbers, GroupId group,
                           const std::vector<StreamEvents>& streams, bool create_streams, std::int64_t now_millis) {
  std::uint64_t bytes = 0;
  for (const StreamEvents& part : streams) {
    std::optional<StreamRecord> found = find_stream(transaction, group, part.stream);
    if (!found && !create_streams) throw stream_not_found();
    StreamRecord record = found ? *found : create_stream(transaction, numbers, group, part.stream, now_millis);
    const auto previous_last = static_cast<std::uint64_t>(record.last_event);
    for (const LogEvent* event : part.events) {
      const std::int64_t millis = std::max<std::int64_t>(0, event->timestamp_millis);
      const Position position = numbers.next_position(static_cast<std::uint64_t>(millis));
      transaction.put(event_key(group, position), serialize_event(record.id, now_millis, event->message));
      transaction.put(stream_event_key(group, record.id, position), "");
      record.first_event = record.events == 0 ? millis : std::min(record.first_event, millis);
      record.last_event = record.events == 0 ? millis : std::max(record.last_event, millis);
      record.events += 1;
      bytes += event->message.size() + kEventOverhead;
    }
    if (part.events.empty()) continue;
    record.last_ingestion = now_millis;
    transaction.put(stream_key(group, part.stream), record.serialize());
    if (static_cast<std::uint64_t>(record.last_event) != previous_last) {
      transaction.erase(last_event_key(group, previous_last, part.stream));
      transaction.put(last_event_key(group, static_cast<std::uint64_t>(record.last_event), part.stream), "");
    }
  }
  add_stored_bytes(transaction, group, static_cast<std::int64_t>(bytes));
  return bytes;
}

std::uint64_t stored_bytes(store::Reader& reader, GroupId group) {
  std::string value;
  if (!reader.get(stored_bytes_key(group), value) || value.size() != 8) return 0;
  return read_big_endian<std::uint64_t>(value.data());
}

void add_stored_bytes(store::Transaction& transaction, GroupId group, std::int64_t change) {
  const auto now = static_cast<std::int64_t>(stored_bytes(transaction, group));
  std::string value;
  append_big_endian(value, static_cast<std::uint64_t>(std::max<std::int64_t>(0, now + change)));
  transaction.put(stored_bytes_key(group), value);
}

void delete_stream(store::Transaction& transaction, const GroupName& group_name, GroupId group, std::string_view name) {
  const StreamRecord record = require_stream(transaction, group, name);
  transaction.erase(stream_key(group, name));
  transaction.erase(stream_name_key(group, record.id));
  transaction.erase(last_event_key(group, static_cast<std::uint64_t>(record.last_event), name));
  transaction.put(removed_stream_key(group, record.id), group_key(group_name));
}

}  // namespace brume::observe
