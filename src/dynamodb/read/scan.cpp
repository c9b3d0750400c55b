#include "dynamodb/errors.h"
#include "dynamodb/item/item_key.h"
#include "dynamodb/read/read_operations.h"
#include "dynamodb/read/read_request.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb {
namespace {

void start_after(const ReadRequest& request, const Table& table, PageRequest& page) {
  std::string key;
  try {
    key = key_of_key(table, wire::ItemView(*request.start_key));
  } catch (const AwsError& error) {
    throw_validation("The provided starting key is invalid: " + error.message());
  }
  if (key < page.range.begin || (!page.range.end.empty() && key >= page.range.end))
    throw_validation("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey "
                     "with correct Segment. TotalSegments: " + std::to_string(*request.total_segments) +
                     " Segment: " + std::to_string(*request.segment));
  page.range.begin = wire::after_prefix(key);
}

}  // namespace

Task<service::Reply> scan(State& state, service::Call& call) {
  ReadRequest request;
  read_scan(call.body, request);
  TablePtr table = table_for_items(state, call, request.table_name);
  check_against_table(request, *table);

  PageRequest page = page_request(request);
  page.range = segment_range(table->id, request.segment.value_or(0), request.total_segments.value_or(1));
  if (request.start_key) start_after(request, *table, page);
  Page result;
  if (page.range.end.empty() || page.range.begin < page.range.end) result = co_await read_page(state, std::move(page));
  co_return page_reply(request, *table, std::move(result));
}

}  // namespace brume::dynamodb
