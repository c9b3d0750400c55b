#include "dynamodb/errors.h"
#include "dynamodb/item/item_key.h"
#include "dynamodb/read/read_operations.h"
#include "dynamodb/read/read_request.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb {
namespace {

/// AWS words the error of a scan of a table more fully than others.
std::string start_key(const ReadTarget& target, wire::ItemView start) {
  if (target.index()) return target.store_key_of_start(start);
  try {
    return key_of_key(target.table(), start);
  } catch (const AwsError& error) {
    throw_validation("The provided starting key is invalid: " + error.message());
  }
}

void start_after(const ReadRequest& request, const ReadTarget& target, PageRequest& page) {
  const std::string key = start_key(target, wire::ItemView(*request.start_key));
  if (key < page.range.begin || (!page.range.end.empty() && key >= page.range.end))
    throw_validation("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey "
                     "with correct Segment. TotalSegments: " + std::to_string(request.total_segments.value_or(1)) +
                     " Segment: " + std::to_string(request.segment.value_or(0)));
  page.range.begin = wire::after_prefix(key);
}

}  // namespace

Task<service::Reply> scan(State& state, service::Call& call) {
  ReadRequest request;
  read_scan(call.body, request);
  TablePtr table = table_for_items(state, call, request.table_name);
  const ReadTarget target = find_target(request, *table, state.clock.now());

  PageRequest page = page_request(request, target);
  page.range = segment_range(target.prefix(), request.segment.value_or(0), request.total_segments.value_or(1));
  if (request.start_key) start_after(request, target, page);
  Page result;
  if (page.range.end.empty() || page.range.begin < page.range.end) result = co_await read_page(state, std::move(page));
  co_return page_reply(request, target, std::move(result));
}

}  // namespace brume::dynamodb
