#include "dynamodb/request/errors.h"
#include "dynamodb/read/read_operations.h"
#include "dynamodb/read/read_request.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb {
namespace {

constexpr std::string_view kInvalidStart = "The provided starting key is invalid";
constexpr std::string_view kNoMatch = "The provided key element does not match the schema";

/// What AWS checks of ExclusiveStartKey before anything else that concerns the table.
void check_start(const ReadTarget& target, wire::ItemView start) {
  if (!target.has_start_size(start))
    throw_validation(std::string(kInvalidStart) + (target.index() ? "" : ": " + std::string(kNoMatch)));
  if (!target.index()) return;
  const KeySchema schema = target.key_schema();
  for (const std::vector<KeyAttribute>* attributes : {&schema.partition, &schema.sort})
    for (const KeyAttribute& attribute : *attributes) target.check_start_attribute(start, attribute);
}

void start_after(const ReadRequest& request, const ReadTarget& target, PageRequest& page) {
  const std::string key = target.place_of_start(wire::ItemView(*request.start_key)).key;
  if (key < page.range.begin || (!page.range.end.empty() && key >= page.range.end))
    throw_validation(std::string(kInvalidStart) +
                     ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: " +
                     std::to_string(request.total_segments.value_or(1)) +
                     " Segment: " + std::to_string(request.segment.value_or(0)));
  page.range.begin = wire::after_prefix(key);
}

}  // namespace

Task<service::Reply> scan(State& state, service::Call& call) {
  ReadRequest request;
  read_scan(call.body, request);
  TablePtr table = table_for_items(state, call, request.table_name);
  const ReadTarget target = find_target(request, *table, state.clock.now());
  if (request.start_key) check_start(target, wire::ItemView(*request.start_key));
  check_projected(request, target);

  PageRequest page = page_request(request, target);
  page.range = segment_range(target.prefix(), request.segment.value_or(0), request.total_segments.value_or(1));
  if (request.start_key) start_after(request, target, page);
  check_projection_paths(request, target);
  check_filter_paths(request, target);
  Page result;
  if (page.range.end.empty() || page.range.begin < page.range.end) result = co_await read_page(state, std::move(page));
  co_return page_reply(call, request, target, std::move(result));
}

}  // namespace brume::dynamodb
