#include "dynamodb/item/collection_metrics.h"

#include <algorithm>

#include "base/json_text.h"
#include "dynamodb/table/item_key.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

/// No collection is larger than all of them together.
std::uint64_t size_of_all(const Table& table) {
  std::int64_t bytes = table.live->counters.bytes();
  for (const Index& index : table.indexes)
    if (index.kind == IndexKind::local) bytes += index.counters->bytes();
  return static_cast<std::uint64_t>(bytes);
}

struct Part {
  std::uint64_t bytes = 0;
  std::string next;  ///< where to go on; "" at the end
};

Part size_of_part(store::Reader& reader, const store::Range& range) {
  constexpr std::size_t kBytes = 1024 * 1024;
  Part part;
  for (auto cursor = reader.scan(range); cursor->valid(); cursor->next()) {
    if (part.bytes >= kBytes) {
      part.next = cursor->key();
      break;
    }
    part.bytes += wire::item_size(wire::ItemView(cursor->value()));
  }
  return part;
}

Task<std::uint64_t> size_of_range(State& state, store::Range range) {
  std::uint64_t bytes = 0;
  do {
    auto body = [&](store::Reader& reader) { return size_of_part(reader, range); };
    Part part = co_await state.store.read(body);
    bytes += part.bytes;
    range.begin = std::move(part.next);
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  } while (!range.begin.empty());
  co_return bytes;
}

}  // namespace

bool has_item_collections(const Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [](const Index& index) { return index.kind == IndexKind::local; });
}

Task<std::uint64_t> collection_size(State& state, TablePtr table, std::string partition_prefix) {
  const std::uint64_t most = size_of_all(*table);
  if (most < kGigabyte) co_return most;
  std::uint64_t bytes = co_await size_of_range(state, store::Range::of_prefix(partition_prefix));
  for (const Index& index : table->indexes) {
    if (index.kind != IndexKind::local) continue;
    const std::string prefix = index.key_prefix + partition_prefix.substr(kItemsPrefixBytes);
    bytes += co_await size_of_range(state, store::Range::of_prefix(prefix));
  }
  co_return bytes;
}

Task<std::string> collection_metrics(State& state, TablePtr table, std::string item) {
  const wire::ValueView partition_key = *wire::ItemView(item).find(table->partition_key.name);
  std::string prefix = partition_prefix(*table, partition_key);
  const std::uint64_t bytes = co_await collection_size(state, table, std::move(prefix));
  const std::uint64_t gigabytes = bytes / kGigabyte;
  std::string json = "{\"ItemCollectionKey\":{";
  append_json_string(json, table->partition_key.name);
  json += ':';
  wire::append_value_json(partition_key, json);
  json += "},\"SizeEstimateRangeGB\":[" + std::to_string(gigabytes) + ".0," + std::to_string(gigabytes + 1) + ".0]}";
  co_return json;
}

}  // namespace brume::dynamodb
