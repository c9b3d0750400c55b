#include "dynamodb/errors.h"
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

void check_condition_value(const AttributeDefinition& attribute, wire::ValueView value) {
  if (value.type() == wire::ValueType::number || !value.content().empty()) return;
  std::string_view kind = value.type() == wire::ValueType::string ? "string" : "binary";
  throw_validation(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
      std::string(kind) + " value. Key: " + attribute.name);
}

/// Starts the range after the item of ExclusiveStartKey, which need not exist any more.
void start_after(const std::string& key, const std::string& partition, bool has_sort_condition, PageRequest& page) {
  bool same_partition = std::string_view(key).starts_with(partition);
  if (!has_sort_condition) {
    if (!same_partition)
      throw_validation("The provided starting key is outside query boundaries based on provided conditions");
  } else {
    if (!same_partition) throw_validation("The query can return at most one row and cannot be restarted");
    if (key < page.range.begin || (!page.range.end.empty() && key >= page.range.end))
      throw_validation("The provided starting key does not match the range key predicate");
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

/// Front of the keys that the equalities of the condition fix.
std::string fixed_prefix(const ReadTarget& target, const KeyCondition& condition) {
  std::string prefix = target.partition_prefix(condition.partition);
  for (wire::ValueView value : condition.sort_equal) wire::append_key(prefix, value);
  return prefix;
}

}  // namespace

Task<service::Reply> query(State& state, service::Call& call) {
  ReadRequest request;
  read_query(call.body, request);
  TablePtr table = table_for_items(state, call, request.table_name);
  const ReadTarget target = find_target(request, *table, request.index_name ? state.clock.now() : WallTime());
  const KeySchema schema = target.key_schema();
  const KeyCondition condition = request.key_condition
                                     ? request.key_condition->resolve(schema)
                                     : resolve_key_conditions(request.legacy_key_conditions, schema);
  for (std::size_t i = 0; i < condition.partition.size(); ++i)
    check_condition_value(target.partition_keys()[i], condition.partition[i]);
  check_filter(request, target);

  const std::string prefix = fixed_prefix(target, condition);
  PageRequest page = page_request(request, target);
  page.range = condition.sort ? sort_range(prefix, *condition.sort) : store::Range::of_prefix(prefix);
  if (request.start_key) {
    const std::string start = target.store_key_of_start(wire::ItemView(*request.start_key));
    start_after(start, target.partition_prefix(condition.partition), condition.sort.has_value(), page);
  }
  Page result;
  if (page.range.end.empty() || page.range.begin < page.range.end) result = co_await read_page(state, std::move(page));
  co_return page_reply(request, target, std::move(result));
}

}  // namespace brume::dynamodb
