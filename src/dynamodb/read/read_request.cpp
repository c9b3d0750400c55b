#include "dynamodb/read/read_request.h"

#include <algorithm>

#include "dynamodb/item/capacity.h"
#include "dynamodb/request/envelope.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/item/write_request.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace {

constexpr FieldSet kCommon =
    field_set({Field::table_name, Field::index_name, Field::select, Field::attributes_to_get, Field::limit,
               Field::consistent_read, Field::conditional_operator, Field::exclusive_start_key,
               Field::return_consumed_capacity, Field::projection_expression, Field::filter_expression,
               Field::expression_attribute_names, Field::expression_attribute_values});

Select read_select(const Request& json, Constraints& constraints) {
  static constexpr std::array<std::string_view, 4> kValues{"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
                                                           "ALL_PROJECTED_ATTRIBUTES"};
  static constexpr std::array kMeanings{Select::specific_attributes, Select::count, Select::all_attributes,
                                        Select::all_projected_attributes};
  auto choice = json.choice(Field::select, kValues, constraints);
  return choice ? kMeanings[*choice] : Select::unset;
}

void check_index_name(const Request& json, Constraints& constraints) {
  if (!json.has(Field::index_name)) return;
  std::string_view name = json.text(Field::index_name);
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (name.empty() || name.find_first_not_of(kAllowed) != std::string_view::npos)
    constraints.fail(name, "indexName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  if (name.size() < 3) constraints.fail(name, "indexName", "Member must have length greater than or equal to 3");
  if (name.size() > 255) constraints.fail(name, "indexName", "Member must have length less than or equal to 255");
}

/// A number with bounds; what is out of bounds fails the constraint as AWS words it.
std::int64_t bounded(const Request& json, Field field, std::string_view member, std::int64_t least, std::int64_t most,
                     Constraints& constraints) {
  std::int64_t value = json.integer(field).value_or(least);
  if (value < least)
    constraints.fail(std::to_string(value), member,
                     "Member must have value greater than or equal to " + std::to_string(least));
  if (value > most)
    constraints.fail(std::to_string(value), member,
                     "Member must have value less than or equal to " + std::to_string(most));
  return value;
}

/// AWS's errors for attribute values of a starting key say so, but for those about numbers and sets.
void read_start_key(const Request& json, ReadRequest& request) {
  if (!json.has(Field::exclusive_start_key)) return;
  std::string& key = request.start_key.emplace();
  try {
    wire::append_item_from_json(json.element(Field::exclusive_start_key), key);
  } catch (const AwsError& error) {
    std::string_view text = error.message();
    bool bare = &error.kind() != &kValidationException;
    for (std::string_view part :
         {"contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude"})
      bare = bare || text.find(part) != std::string_view::npos;
    if (bare) throw;
    throw_validation("The provided starting key is invalid: " + error.message());
  }
}

void read_expressions(const Request& json, ReadRequest& request) {
  if (json.has(Field::expression_attribute_names))
    request.context.set_names(json.element(Field::expression_attribute_names));
  if (json.has(Field::expression_attribute_values))
    request.context.set_values(json.element(Field::expression_attribute_values));
  if (json.has(Field::key_condition_expression)) {
    request.key_condition_text = json.text(Field::key_condition_expression);
    request.key_condition = KeyConditionExpression::parse(request.key_condition_text, request.context);
  }
  if (json.has(Field::filter_expression)) {
    request.filter_text = json.text(Field::filter_expression);
    request.filter = ConditionExpression::parse(request.filter_text, request.context, "FilterExpression");
  }
  if (json.has(Field::projection_expression)) {
    request.projection_text = json.text(Field::projection_expression);
    request.projection = ProjectionExpression::parse(request.projection_text, request.context);
  }
  request.context.check_all_used();
  if (request.key_condition) request.key_condition->check();
}

void check_select(const Request& json, const ReadRequest& request) {
  bool projects = json.has(Field::projection_expression), lists = json.has(Field::attributes_to_get);
  std::string given = projects ? "ProjectionExpression" : "AttributesToGet";
  switch (request.select) {
    case Select::unset: return;
    case Select::specific_attributes:
      if (!projects && !lists)
        throw_validation(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
      return;
    case Select::count:
      if (projects || lists) throw_validation("Cannot specify the " + given + " when choosing to get only the Count");
      return;
    case Select::all_attributes:
      if (projects || lists) throw_validation("Cannot specify the " + given + " when choosing to get ALL_ATTRIBUTES");
      return;
    case Select::all_projected_attributes:
      if (projects || lists)
        throw_validation("Cannot specify the " + given + " when choosing to get ALL_PROJECTED_ATTRIBUTES");
      if (!request.index_name)
        throw_validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
      return;
  }
}

void read_common(const Request& json, ReadRequest& request) {
  if (json.has(Field::index_name)) request.index_name = json.text(Field::index_name);
  request.consistent = json.boolean(Field::consistent_read, false);
  request.forward = json.boolean(Field::scan_index_forward, true);
  request.limit = static_cast<std::uint64_t>(json.integer(Field::limit).value_or(0));
  if (json.has(Field::attributes_to_get))
    request.projection = read_attributes_to_get(json.element(Field::attributes_to_get), request.legacy);
}

}  // namespace

void read_query(std::string_view body, ReadRequest& request) {
  static constexpr FieldSet kFields = kCommon | field_set({Field::key_conditions, Field::query_filter,
                                                           Field::scan_index_forward, Field::key_condition_expression});
  Request json(body, kFields);
  request.table_name = json.table_name();
  Constraints constraints;
  json.check_conditional_operator(constraints);
  // Measured on AWS, for Query alone: told before all others, and in these words.
  if (!constraints.empty())
    throw_validation("Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]");
  request.select = read_select(json, constraints);
  check_index_name(json, constraints);
  request.return_capacity = json.return_capacity(constraints);
  json.check_attributes_to_get(constraints);
  // Unlike elsewhere AWS shows no value here, and the member's name with a capital.
  if (json.integer(Field::limit).value_or(1) < 1)
    constraints.fail_text(
        "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1");
  json.throw_failures(constraints);

  static constexpr std::array kExpressions{Field::projection_expression, Field::filter_expression,
                                           Field::key_condition_expression};
  static constexpr std::array kLegacy{Field::attributes_to_get, Field::query_filter, Field::conditional_operator,
                                      Field::key_conditions};
  json.check_expression_parameters(kExpressions, kLegacy);
  json.check_operator_has_conditions(Field::query_filter);
  if (json.has(Field::query_filter)) {
    request.filter = read_filter(json.element(Field::query_filter), "queryFilter",
                                 json.text(Field::conditional_operator), request.legacy);
    request.legacy_filter = true;
  }
  read_common(json, request);
  read_start_key(json, request);
  if (!json.has(Field::key_conditions) && !json.has(Field::key_condition_expression))
    throw_validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  read_expressions(json, request);
  if (json.has(Field::key_conditions))
    request.legacy_key_conditions = read_key_conditions(json.element(Field::key_conditions), request.legacy);
  in_envelope(true, [&] { check_select(json, request); });
}

void read_scan(std::string_view body, ReadRequest& request) {
  static constexpr FieldSet kFields = kCommon | field_set({Field::scan_filter, Field::segment, Field::total_segments});
  Request json(body, kFields);
  request.table_name = json.table_name();
  Constraints constraints;
  request.select = read_select(json, constraints);
  check_index_name(json, constraints);
  auto total = bounded(json, Field::total_segments, "totalSegments", 1, 1'000'000, constraints);
  request.return_capacity = json.return_capacity(constraints);
  json.check_conditional_operator(constraints);
  auto segment = bounded(json, Field::segment, "segment", 0, 999'999, constraints);
  bounded(json, Field::limit, "limit", 1, std::numeric_limits<std::int32_t>::max(), constraints);
  json.check_attributes_to_get(constraints);
  json.throw_failures(constraints);

  static constexpr std::array kExpressions{Field::projection_expression, Field::filter_expression};
  static constexpr std::array kLegacy{Field::attributes_to_get, Field::scan_filter, Field::conditional_operator};
  json.check_expression_parameters(kExpressions, kLegacy);
  json.check_operator_has_conditions(Field::scan_filter);
  read_common(json, request);
  if (json.has(Field::scan_filter)) {
    request.filter = read_filter(json.element(Field::scan_filter), "scanFilter", json.text(Field::conditional_operator),
                                 request.legacy);
    request.legacy_filter = true;
  }
  read_start_key(json, request);
  if (json.has(Field::segment)) request.segment = static_cast<std::uint32_t>(segment);
  if (json.has(Field::total_segments)) request.total_segments = static_cast<std::uint32_t>(total);
  if (request.segment && !request.total_segments)
    throw_validation(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is "
        "present");
  if (request.total_segments && !request.segment)
    throw_validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
        "present");
  if (request.segment && *request.segment >= *request.total_segments)
    throw_validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: " +
                     std::to_string(*request.segment) +
                     " is not less than TotalSegments: " + std::to_string(*request.total_segments));
  read_expressions(json, request);
  check_select(json, request);
}

namespace {

const Index* find_index(const ReadRequest& request, const Table& table, WallTime now) {
  if (!request.index_name) return nullptr;
  const Index* index = table.find_index(*request.index_name);
  // One that is being deleted is as good as gone.
  if (!index || index->status(now) == IndexStatus::deleting)
    throw_validation("The table does not have the specified index: " + *request.index_name);
  if (index->kind == IndexKind::global && request.consistent)
    throw_validation("Consistent reads are not supported on global secondary indexes");
  if (!index->serves_reads(now))
    throw_validation("Cannot read from backfilling global secondary index: " + index->name);
  return index;
}

/// The attributes in it that the target does not hold.
template <class Expression>
std::vector<std::string_view> not_projected(const std::optional<Expression>& expression, const ReadTarget& target) {
  std::vector<std::string_view> names;
  if (!expression || target.projects_all()) return names;
  expression->for_each_path([&](PathView path) {
    std::string_view name = path.front().name;
    if (!target.projects(name) && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  });
  return names;
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string list = "[";
  for (std::string_view name : names) list += (list.size() == 1 ? "" : ", ") + std::string(name);
  return list + "]";
}

/// Does a local index have to look at the items themselves?
bool fetches(const ReadRequest& request, const ReadTarget& target) {
  if (!target.is_local() || target.projects_all()) return false;
  return request.select == Select::all_attributes || !not_projected(request.projection, target).empty();
}

Consumption consumption_of(const ReadRequest& request, const ReadTarget& target, const Page& page) {
  if (!target.index()) return {read_units(page.bytes, request.consistent), {}};
  Consumption consumption;
  consumption.table = page.fetched_units * (request.consistent ? 2 : 1);
  consumption.indexes.push_back({target.index(), read_units(page.bytes - page.fetched_bytes, request.consistent)});
  return consumption;
}

}  // namespace

ReadTarget find_target(const ReadRequest& request, const Table& table, WallTime now) {
  return ReadTarget(table, find_index(request, table, now));
}

void check_projected(const ReadRequest& request, const ReadTarget& target) {
  if (!target.is_global() || target.projects_all()) return;
  if (request.select == Select::all_attributes)
    throw_invalid_parameter("Select type ALL_ATTRIBUTES is not supported for global secondary index " +
                            target.index()->name + " because its projection type is not ALL");
  if (const auto names = not_projected(request.projection, target); !names.empty())
    throw_invalid_parameter("Global secondary index " + target.index()->name + " does not project " + listed(names));
}

void check_filter_projected(const ReadRequest& request, const ReadTarget& target) {
  auto names = not_projected(request.filter, target);
  if (names.empty()) return;
  std::sort(names.begin(), names.end());
  throw_invalid_parameter("Secondary index " + target.index()->name +
                          " does not project one or more filter attributes: " + listed(names));
}

void check_projection_paths(const ReadRequest& request, const ReadTarget& target) {
  auto check = [&](PathView path) { check_key_path(target.table(), path); };
  if (request.projection) request.projection->for_each_path(check);
}

void check_filter_paths(const ReadRequest& request, const ReadTarget& target) {
  auto check = [&](PathView path) { check_key_path(target.table(), path); };
  if (request.filter) request.filter->for_each_path(check);
}

PageRequest page_request(const ReadRequest& request, const ReadTarget& target) {
  PageRequest page;
  page.direction = request.forward ? store::Direction::forward : store::Direction::backward;
  page.limit = request.limit;
  page.filter = request.filter ? &*request.filter : nullptr;
  page.projection = request.projection ? &*request.projection : nullptr;
  page.wants_items = request.select != Select::count;
  if (fetches(request, target)) page.fetch_from = &target.table();
  return page;
}

service::Reply page_reply(service::Call& call, const ReadRequest& request, const ReadTarget& target, Page page) {
  const Consumption consumption = consumption_of(request, target, page);
  add_usage(call.usage, Units::read, target.table(), consumption);
  service::Reply reply;
  std::string& json = reply.raw.emplace();
  json.reserve(page.items.size() + 256);
  json += "{\"Count\":" + std::to_string(page.count) + ",\"ScannedCount\":" + std::to_string(page.scanned) + ',';
  append_consumed_capacity(json, request.return_capacity, target.table(), consumption);
  if (page.last_item) {
    std::string key;
    target.append_start_key(wire::ItemView(*page.last_item), key);
    json += "\"LastEvaluatedKey\":";
    wire::append_item_json(wire::ItemView(key), json);
    json += ',';
  }
  if (request.select == Select::count) {
    json.pop_back();
  } else {
    json += "\"Items\":[";
    json += page.items;
    json += ']';
  }
  json += '}';
  return reply;
}

}  // namespace brume::dynamodb
