#include "dynamodb/stream/stream_reader.h"

#include <algorithm>

#include "base/bytes.h"
#include "dynamodb/request/errors.h"
#include "service/arn.h"

namespace brume::dynamodb {
namespace {

struct StreamName {
  std::string_view region, account, table, label;
};

/// arn:partition:dynamodb:region:account:table/name/stream/label
StreamName parse_stream(std::string_view text) {
  constexpr std::string_view kTable = "table/", kStream = "/stream/";
  const auto arn = service::Arn::parse(text);
  const std::string_view resource = arn ? arn->resource : std::string_view();
  const std::size_t stream = resource.find(kStream);
  if (!arn || !arn->partition.starts_with("aws") || arn->service != "dynamodb" || !resource.starts_with(kTable) ||
      stream == std::string_view::npos || stream <= kTable.size() || stream + kStream.size() == resource.size())
    throw_validation("Invalid StreamArn");
  return {arn->region, arn->account, resource.substr(kTable.size(), stream - kTable.size()),
          resource.substr(stream + kStream.size())};
}

bool is_readable(const State& state, const Stream& stream) {
  return !stream.disabled_at || state.clock.now() < *stream.disabled_at + state.options.stream_retention;
}

std::optional<StreamOfTable> stream_of(const State& state, const TablePtr& table, std::string_view label) {
  for (const Stream& stream : table->streams)
    if (stream.label == label && is_readable(state, stream)) return StreamOfTable{table, &stream};
  return std::nullopt;
}

/// Everything before this position can be read, and nothing more will come there.
StreamPosition visible_end(const State& state) { return {state.store.visible_version() + 1, 0}; }

void read_page(store::Reader& reader, std::string_view prefix, StreamPosition end, const PageLimits& limits,
               RecordPage& page) {
  std::size_t bytes = 0;
  for (auto cursor = reader.scan(stream_record_range(prefix, page.next, end)); cursor->valid(); cursor->next()) {
    const std::size_t size = cursor->value().size();
    if (page.records.size() >= limits.records || (!page.records.empty() && bytes + size > limits.bytes)) return;
    bytes += size;
    const StreamPosition position = position_in(cursor->key());
    page.records.push_back({position, std::string(cursor->value())});
    page.next = position.next();
  }
  page.next = end;
}

RecordPage read_from(store::Reader& reader, std::string_view prefix, std::uint32_t number, StreamPosition from,
                     bool oldest, StreamPosition visible, const PageLimits& limits) {
  RecordPage page;
  const std::optional<Shard> shard = read_shard(reader, prefix, number);
  if (!shard) return page;
  page.found = true;
  const StreamPosition horizon{trim_horizon(reader, prefix), 0};
  page.trimmed = !oldest && from < horizon;
  if (page.trimmed) return page;
  page.next = std::max({from, horizon, shard->begin()});
  const StreamPosition end = shard->closed ? std::min(*shard->end(), visible) : visible;
  if (page.next < end) read_page(reader, prefix, end, limits, page);
  page.at_end = shard->closed && page.next >= *shard->end();
  return page;
}

/// The first record in [at, end) and when it was made.
std::optional<std::pair<StreamPosition, WallTime>> first_record(store::Reader& reader, std::string_view prefix,
                                                                StreamPosition at, StreamPosition end) {
  auto cursor = reader.scan(stream_record_range(prefix, at, end));
  if (!cursor->valid()) return std::nullopt;
  return std::pair(position_in(cursor->key()), creation_time(cursor->value()));
}

/// Halves the range of versions until the first record of `time` or later is found.
StreamPosition find_time(store::Reader& reader, std::string_view prefix, StreamPosition begin, StreamPosition end,
                         WallTime time) {
  store::CommitVersion low = begin.version, high = std::max(end.version, begin.version);
  while (low < high) {
    const store::CommitVersion middle = low + (high - low) / 2;
    const auto record = first_record(reader, prefix, {middle, 0}, end);
    if (!record || record->second >= time) high = middle;
    else low = record->first.version + 1;
  }
  const auto found = first_record(reader, prefix, {low, 0}, end);
  return found ? found->first : std::max(begin, end);
}

}  // namespace

std::optional<StreamOfTable> find_stream(State& state, std::string_view account, std::string_view region,
                                         std::string_view arn) {
  const StreamName name = parse_stream(arn);
  if (name.account != account || name.region != region) return std::nullopt;
  if (TablePtr table = state.tables.find(account, region, name.table))
    if (auto found = stream_of(state, table, name.label)) return found;
  for (const TablePtr& table : state.former_tables.list(account, region))
    if (table->name == name.table)
      if (auto found = stream_of(state, table, name.label)) return found;
  return std::nullopt;
}

std::vector<StreamOfTable> list_streams(State& state, std::string_view account, std::string_view region) {
  std::vector<StreamOfTable> streams;
  auto add = [&](const TablePtr& table) {
    for (const Stream& stream : table->streams)
      if (is_readable(state, stream)) streams.push_back({table, &stream});
  };
  for (const TablePtr& table : state.former_tables.list(account, region)) add(table);
  for (const TablePtr& table : state.tables.list(account, region))
    if (table->change != TableStatus::deleting) add(table);  // the others are among the former ones
  std::sort(streams.begin(), streams.end(), [](const auto& a, const auto& b) { return a.arn() < b.arn(); });
  return streams;
}

StreamPosition latest_position(State& state) { return visible_end(state); }

std::string trim_horizon_key(std::string_view stream_prefix) {
  std::string key(stream_prefix);
  append_big_endian(key, static_cast<std::uint8_t>(StreamEntry::horizon));
  return key;
}

store::CommitVersion trim_horizon(store::Reader& reader, std::string_view stream_prefix) {
  std::string value;
  return reader.get(trim_horizon_key(stream_prefix), value) ? read_big_endian<std::uint64_t>(value.data()) : 0;
}

Task<RecordPage> read_records(State& state, StreamOfTable stream, std::uint32_t shard, StreamPosition from, bool oldest,
                              PageLimits limits) {
  // Before the snapshot is taken: it then holds every commit up to here.
  const StreamPosition visible = visible_end(state);
  const std::string& prefix = stream.stream->key_prefix;
  auto body = [&](store::Reader& reader) { return read_from(reader, prefix, shard, from, oldest, visible, limits); };
  co_return co_await state.store.read(body);
}

Task<StreamPosition> position_at(State& state, StreamOfTable stream, Shard shard, WallTime time) {
  const StreamPosition visible = visible_end(state);
  const std::string& prefix = stream.stream->key_prefix;
  auto body = [&](store::Reader& reader) {
    const StreamPosition begin = std::max(shard.begin(), StreamPosition{trim_horizon(reader, prefix), 0});
    const StreamPosition end = shard.closed ? std::min(*shard.end(), visible) : visible;
    return find_time(reader, prefix, begin, end, time);
  };
  co_return co_await state.store.read(body);
}

}  // namespace brume::dynamodb
