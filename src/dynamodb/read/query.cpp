#include "dynamodb/errors.h"
#include "dynamodb/item/item_key.h"
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

/// The store key of ExclusiveStartKey.
std::string start_key(const ReadRequest& request, const Table& table) {
  wire::ItemView key(*request.start_key);
  bool fits = key.size() == (table.sort_key ? 2u : 1u) && key.contains(table.partition_key.name) &&
              (!table.sort_key || key.contains(table.sort_key->name));
  if (!fits) throw_validation("The provided starting key is invalid");
  try {
    return key_of_key(table, key);
  } catch (const AwsError& error) {
    throw_validation("The provided starting key is invalid: " + error.message());
  }
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

void check_filter(const ReadRequest& request, const Table& table) {
  if (!request.filter) return;
  auto check = [&](const std::string& name) {
    if (request.filter->mentions(name))
      throw_validation(std::string(request.legacy_filter ? "QueryFilter" : "Filter Expression") +
                       " can only contain non-primary key attributes: Primary key attribute: " + name);
  };
  check(table.partition_key.name);
  if (table.sort_key) check(table.sort_key->name);
}

}  // namespace

Task<service::Reply> query(State& state, service::Call& call) {
  ReadRequest request;
  read_query(call.body, request);
  TablePtr table = table_for_items(state, call, request.table_name);
  check_against_table(request, *table);
  KeySchema schema = key_schema_of(*table);
  KeyCondition condition = request.key_condition ? request.key_condition->resolve(schema)
                                                 : resolve_key_conditions(request.legacy_key_conditions, schema);
  check_condition_value(table->partition_key, condition.partition);
  check_filter(request, *table);

  std::string partition = partition_prefix(*table, condition.partition);
  PageRequest page = page_request(request);
  page.range = condition.sort ? sort_range(partition, *condition.sort) : store::Range::of_prefix(partition);
  if (request.start_key) start_after(start_key(request, *table), partition, condition.sort.has_value(), page);
  Page result;
  if (page.range.end.empty() || page.range.begin < page.range.end) result = co_await read_page(state, std::move(page));
  co_return page_reply(request, *table, std::move(result));
}

}  // namespace brume::dynamodb
