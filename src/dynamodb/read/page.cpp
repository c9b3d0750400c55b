#include "dynamodb/read/page.h"

#include "dynamodb/table/item_key.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

// Half a millisecond of walking on one core, filter and JSON included.
constexpr std::size_t kSliceBytes = 256 * 1024;
constexpr std::uint64_t kSliceItems = 512;
constexpr std::uint64_t kSliceFetches = 128;

struct Slice {
  Page page;
  std::string last_key;
  bool page_ended = false;   ///< by the limit or the size
  bool range_ended = false;
};

/// The item that an index entry stands for, read from the same state.
wire::ItemView fetch_item(store::Reader& reader, const Table& table, wire::ItemView entry, Page& page,
                          std::string& fetched) {
  if (!reader.get(key_of_item(table, entry), fetched))
    throw store::DamagedRecord("an index entry of table " + table.name + " has no item");
  const std::size_t size = wire::item_size(wire::ItemView(fetched));
  page.bytes += size;
  page.fetched_bytes += size;
  page.fetched_units += read_units(size, false);
  return wire::ItemView(fetched);
}

struct Scratch {
  std::string projected;
  std::string fetched;
};

void take_item(store::Reader& reader, const PageRequest& request, std::string_view stored, Page& page,
               Scratch& scratch) {
  wire::ItemView item(stored);
  page.scanned += 1;
  page.bytes += wire::item_size(item);
  const bool matches = !request.filter || request.filter->matches(item);
  // An item is fetched, and billed, also for an entry that the filter drops.
  if (request.fetch_from) item = fetch_item(reader, *request.fetch_from, item, page, scratch.fetched);
  if (!matches) return;
  page.count += 1;
  if (!request.wants_items) return;
  if (!page.items.empty()) page.items += ',';
  if (request.projection) {
    scratch.projected.clear();
    request.projection->append_projected(item, scratch.projected);
    item = wire::ItemView(scratch.projected);
  }
  wire::append_item_json(item, page.items);
}

/// `before` is what the page holds already. May run more than once, so it touches nothing but its result.
Slice read_slice(store::Reader& reader, const PageRequest& request, const Page& before) {
  const std::uint64_t most_items = request.fetch_from ? kSliceFetches : kSliceItems;
  Slice slice;
  Scratch scratch;
  auto cursor = reader.scan(request.range, request.direction);
  for (; cursor->valid(); cursor->next()) {
    take_item(reader, request, cursor->value(), slice.page, scratch);
    bool full = before.bytes + slice.page.bytes >= request.bytes ||
                (request.limit != 0 && before.scanned + slice.page.scanned >= request.limit);
    if (!full && slice.page.bytes < kSliceBytes && slice.page.scanned < most_items) continue;
    slice.page_ended = full;
    slice.last_key = cursor->key();
    if (full) slice.page.last_item = std::string(cursor->value());
    return slice;
  }
  slice.range_ended = true;
  return slice;
}

void append(Page& page, Page&& more) {
  if (page.items.empty()) {
    page.items = std::move(more.items);
  } else if (!more.items.empty()) {
    page.items += ',';
    page.items += more.items;
  }
  page.count += more.count;
  page.scanned += more.scanned;
  page.bytes += more.bytes;
  page.fetched_bytes += more.fetched_bytes;
  page.fetched_units += more.fetched_units;
  page.last_item = std::move(more.last_item);
}

}  // namespace

Task<Page> read_page(State& state, PageRequest request) {
  Page page;
  for (;;) {
    auto body = [&](store::Reader& reader) { return read_slice(reader, request, page); };
    Slice slice = co_await state.store.read(body);
    append(page, std::move(slice.page));
    if (slice.page_ended || slice.range_ended) co_return page;
    if (request.direction == store::Direction::forward) {
      request.range.begin = std::move(slice.last_key);
      request.range.begin.push_back('\0');  // the least key after it
    } else {
      request.range.end = std::move(slice.last_key);
    }
    auto loop = co_await this_loop;
    co_await asio::post(loop, use_task);
  }
}

}  // namespace brume::dynamodb
