#include "dynamodb/request/errors.h"
#include "dynamodb/read/read_operations.h"
#include "dynamodb/read/read_request.h"
#include "wire/key_encoding.h"

namespace brume::dynamodb {
namespace {

/// Keys of the partition that satisfy the sort key's condition: every condition is one range.
store::Range sort_range(const std::string& partition, const SortCondition& condition) {
  auto key_of = [&](wire::ValueView value) {
    std::string key = partition;
    wire::append_key(key, value);
    return key;
  };
  const std::string end = wire::after_prefix(partition);
  switch (condition.op) {
    case SortCondition::Op::equal: return store::Range::of_prefix(key_of(condition.value));
    case SortCondition::Op::less: return {partition, key_of(condition.value)};
    case SortCondition::Op::less_equal: return {partition, wire::after_prefix(key_of(condition.value))};
    case SortCondition::Op::greater: return {wire::after_prefix(key_of(condition.value)), end};
    case SortCondition::Op::greater_equal: return {key_of(condition.value), end};
    case SortCondition::Op::between: return {key_of(condition.value), wire::after_prefix(key_of(condition.upper))};
    case SortCondition::Op::begins_with: break;
  }
  std::string prefix = partition;
  wire::append_key_prefix(prefix, condition.value.content());
  return store::Range::of_prefix(prefix);
}

/// Starts the range after the item of ExclusiveStartKey, which need not exist any more. `prefix` is the front of the
/// keys of the partition that is read. AWS looks at the sort key's value first, whatever its partition.
void start_after(const StartPlace& start, const std::string& prefix, bool has_sort_condition, PageRequest& page) {
  const std::string_view key = start.key;
  const bool same_partition = key.substr(0, start.partition_bytes) == prefix;
  if (!has_sort_condition) {
    if (!same_partition)
      throw_validation("The provided starting key is outside query boundaries based on provided conditions");
  } else {
    const std::string here = prefix + std::string(key.substr(start.partition_bytes));
    if (here < page.range.begin || (!page.range.end.empty() && here >= page.range.end))
      throw_validation("The provided starting key does not match the range key predicate");
    if (!same_partition) throw_validation("The query can return at most one row and cannot be restarted");
  }
  if (page.direction == store::Direction::forward) page.range.begin = wire::after_prefix(key);
  else page.range.end = key;
}

void check_filter(const ReadRequest& request, const ReadTarget& target) {
  if (!request.filter) return;
  auto check = [&](const AttributeDefinition& key) {
    if (request.filter->mentions(key.name))
      throw_validation(std::string(request.legacy_filter ? "QueryFilter" : "Filter Expression") +
                       " can only contain non-primary key attributes: Primary key attribute: " + key.name);
  };
  for (const AttributeDefinition& key : target.partition_keys()) check(key);
  for (const AttributeDefinition& key : target.sort_keys()) check(key);
}

/// The key condition, with the checks of a starting key that AWS makes on the way.
KeyCondition resolve_condition(const ReadRequest& request, const ReadTarget& target) {
  KeyAttributeVisitor check_start;
  if (request.start_key) {
    const wire::ItemView start(*request.start_key);
    if (!target.has_start_size(start)) throw_validation("The provided starting key is invalid");
    check_start = [&target, start](const KeyAttribute& attribute) { target.check_start_attribute(start, attribute); };
  }
  const KeySchema schema = target.key_schema();
  if (request.key_condition) return request.key_condition->resolve(schema, check_start);
  return resolve_key_conditions(request.legacy_key_conditions, schema, check_start);
}

/// As Java prints the map of a starting key's values.
std::string java_key_text(wire::ItemView key) {
  std::string text = "{";
  for (const wire::Attribute& attribute : key) {
    if (text.size() > 1) text += ", ";
    text += std::string(attribute.name) + "=AttributeValue: {" + std::string(wire::type_name(attribute.value.type())) +
            ':';
    const std::string_view content = attribute.value.content();
    if (attribute.value.type() == wire::ValueType::number) {
      text += attribute.value.number().to_string();
    } else if (attribute.value.type() == wire::ValueType::binary) {
      const std::string size = std::to_string(content.size());
      text += "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + ']';
    } else {
      text += content;
    }
    text += '}';
  }
  return text + '}';
}

/// A table without sort key has one item in a partition: nothing comes after it. A global index may have many.
bool has_single_items(const ReadTarget& target) { return !target.index() && target.sort_keys().empty(); }

/// The range of keys that the conditions leave.
PageRequest plan_page(const ReadRequest& request, const ReadTarget& target) {
  const KeyCondition condition = resolve_condition(request, target);
  const std::string prefix = target.partition_prefix(condition.partition);
  std::string fixed = prefix;
  for (wire::ValueView value : condition.sort_equal) wire::append_key(fixed, value);
  PageRequest page = page_request(request, target);
  page.range = condition.sort ? sort_range(fixed, *condition.sort) : store::Range::of_prefix(fixed);
  if (!request.start_key) return page;
  const wire::ItemView start(*request.start_key);
  start_after(target.place_of_start(start), prefix, condition.sort.has_value(), page);
  if (has_single_items(target))
    throw_validation("The provided exclusive start key is invalid: ExclusiveStartKey: " + java_key_text(start));
  return page;
}

}  // namespace

Task<service::Reply> query(State& state, service::Call& call) {
  ReadRequest request;
  read_query(call.body, request);
  TablePtr table = table_for_items(state, call, request.table_name);
  const ReadTarget target = find_target(request, *table, request.index_name ? state.clock.now() : WallTime());
  PageRequest page = plan_page(request, target);
  check_projection_paths(request, target);
  check_filter(request, target);
  check_filter_projected(request, target);
  check_projected(request, target);
  check_filter_paths(request, target);
  Page result;
  if (page.range.end.empty() || page.range.begin < page.range.end) result = co_await read_page(state, std::move(page));
  if (has_single_items(target)) result.last_item.reset();  // a key that the next Query would refuse
  co_return page_reply(call, request, target, std::move(result));
}

}  // namespace brume::dynamodb
