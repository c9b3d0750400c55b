#include "observe/logs/read.h"

namespace brume::observe {
namespace {

constexpr std::size_t kSliceExamined = 1000;

/// Names of streams by id, as one slice sees them; nullopt: the stream is deleted.
class StreamNames {
 public:
  StreamNames(store::Reader& reader, GroupId group) : reader_(reader), group_(group) {}
  const std::optional<std::string>& of(StreamId id) {
    auto [entry, fresh] = names_.try_emplace(id);
    std::string name;
    if (fresh && reader_.get(stream_name_key(group_, id), name)) entry->second = std::move(name);
    return entry->second;
  }

 private:
  store::Reader& reader_;
  GroupId group_;
  std::map<StreamId, std::optional<std::string>> names_;
};

struct Slice {
  std::vector<StoredEvent> events;
  std::size_t examined = 0;
  std::size_t bytes = 0;
  Position next;
  bool exhausted = false;
  bool full = false;
};

Slice read_slice(store::Reader& reader, const EventScan& scan, bool page_empty) {
  Slice slice;
  slice.next = scan.forward ? scan.begin : scan.end;
  if (scan.begin >= scan.end) {
    slice.exhausted = true;
    return slice;
  }
  const std::string prefix = scan.stream ? stream_event_prefix(scan.group, *scan.stream) : event_prefix(scan.group);
  store::Range range{prefix, prefix};
  scan.begin.append_to(range.begin);
  scan.end.append_to(range.end);
  StreamNames names(reader, scan.group);
  std::string own_value;
  auto cursor = reader.scan(range, scan.forward ? store::Direction::forward : store::Direction::backward);
  for (; cursor->valid() && slice.examined < kSliceExamined && slice.examined < scan.examined_max; cursor->next()) {
    if (slice.events.size() >= scan.events_max) {
      slice.full = true;
      return slice;
    }
    const Position position = Position::of_key(cursor->key());
    const bool there = !scan.stream || reader.get(event_key(scan.group, position), own_value);
    if (there) {
      const EventView event = EventView::parse(scan.stream ? std::string_view(own_value) : cursor->value());
      const std::optional<std::string>& name = names.of(event.stream);
      if (name && (!scan.wants_stream || scan.wants_stream(*name)) &&
          (!scan.wants_message || scan.wants_message(event.message))) {
        const std::size_t bytes = event.message.size() + kEventOverhead;
        if (slice.bytes + bytes > scan.bytes_max && (!page_empty || !slice.events.empty())) {
          slice.full = true;
          return slice;
        }
        slice.bytes += bytes;
        slice.events.push_back({position, *name, event.ingestion, std::string(event.message)});
      }
    }
    ++slice.examined;
    slice.next = scan.forward ? position.successor() : position;
  }
  slice.exhausted = !cursor->valid();
  slice.full = slice.events.size() >= scan.events_max;
  return slice;
}

}  // namespace

Task<EventPage> read_events(store::Store& store, EventScan scan) {
  EventPage page;
  while (true) {
    auto body = [&](store::Reader& reader) { return read_slice(reader, scan, page.events.empty()); };
    Slice slice = co_await store.read(body);
    page.next = slice.next;
    page.exhausted = slice.exhausted;
    std::move(slice.events.begin(), slice.events.end(), std::back_inserter(page.events));
    scan.events_max -= slice.events.size();
    scan.bytes_max -= std::min(scan.bytes_max, slice.bytes);
    scan.examined_max -= std::min(scan.examined_max, slice.examined);
    if (slice.exhausted || slice.full || scan.examined_max == 0) co_return page;
    (scan.forward ? scan.begin : scan.end) = slice.next;
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
}

}  // namespace brume::observe
