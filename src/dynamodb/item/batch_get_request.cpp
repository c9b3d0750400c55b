#include "dynamodb/item/batch_get_request.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/json_text.h"
#include "dynamodb/request/errors.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

constexpr std::string_view kMember = "requestItems";

/// One entry of RequestItems.
struct ParsedTable {
  std::string_view name;
  std::optional<dom::array> keys;
  std::size_t key_count = 0;
  Request json;
};

void check_names(dom::object items, Constraints& constraints) {
  for (auto [name, value] : items) {
    if (is_table_name(name)) continue;
    constraints.fail(simdjson::minify(items), kMember,
                     "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member "
                     "must have length greater than or equal to 3, Member must satisfy regular expression pattern: "
                     "[a-zA-Z0-9_.-]+]");
    return;
  }
}

void check_keys(ParsedTable& table, Constraints& constraints) {
  if (!table.json.has(Field::keys)) {
    constraints.fail_null(std::string(kMember) + '.' + std::string(table.name) + ".member.keys");
    return;
  }
  table.keys = want_list(table.json.element(Field::keys));
  for (dom::element key : *table.keys) {
    want_inner_map(key);
    table.key_count += 1;
  }
  // AWS spells these without the value.
  auto fail = [&](std::string_view constraint) {
    constraints.fail_text("Value at 'RequestItems." + std::string(table.name) +
                          ".member.Keys' failed to satisfy constraint: " + std::string(constraint));
  };
  if (table.key_count == 0) fail("Member must have length greater than or equal to 1");
  if (table.key_count > kMaxBatchReads) fail("Member must have length less than or equal to 100");
}

/// Two tables may not be asked in the two ways.
void check_one_style(const std::vector<ParsedTable>& tables) {
  auto any = [&](Field field) {
    return std::any_of(tables.begin(), tables.end(), [&](const ParsedTable& table) { return table.json.has(field); });
  };
  if (any(Field::attributes_to_get) && any(Field::projection_expression))
    throw_validation(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}");
}

/// The same for all ways of writing the same key.
std::string identity_of(const std::string& key_item) {
  std::vector<wire::Attribute> attributes;
  for (const wire::Attribute& attribute : wire::ItemView(key_item)) attributes.push_back(attribute);
  if (attributes.size() < 2) return key_item;
  std::sort(attributes.begin(), attributes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string identity;
  for (const wire::Attribute& attribute : attributes) identity.append(attribute.stored);
  return identity;
}

void read_table(const ParsedTable& parsed, TableReads& reads, std::size_t& total) {
  check_projection_parameters(parsed.json);
  read_projection(parsed.json, reads.projection);
  reads.name = parsed.name;
  reads.consistent = parsed.json.boolean(Field::consistent_read, false);
  std::unordered_set<std::string> seen;
  reads.key_items.reserve(parsed.key_count);
  for (dom::element key : *parsed.keys) {
    std::string& item = reads.key_items.emplace_back();
    wire::append_item_from_json(key, item);
    if (!seen.insert(identity_of(item)).second) throw_validation("Provided list of item keys contains duplicates");
    if (++total > kMaxBatchReads) throw_validation("Too many items requested for the BatchGetItem call");
  }
}

void check_types(const std::vector<ParsedTable>& tables) {
  for (const ParsedTable& table : tables) {
    if (!table.keys) continue;
    for (dom::element key : *table.keys) wire::check_item_types(key);
  }
}

constexpr FieldSet kTableFields = field_set({Field::keys, Field::attributes_to_get, Field::consistent_read,
                                             Field::projection_expression, Field::expression_attribute_names});

}  // namespace

void read_batch_get(std::string_view body, BatchGetRequest& request) {
  Request json(body, field_set({Field::request_items, Field::return_consumed_capacity}));
  Constraints constraints;
  dom::object items;
  std::vector<ParsedTable> parsed;
  if (json.has(Field::request_items)) {
    items = want_map(json.element(Field::request_items), "com.amazonaws.dynamodb.v20120810.KeysAndAttributes");
    check_names(items, constraints);
  } else {
    constraints.fail_null(kMember);
  }
  request.return_capacity = json.return_capacity(constraints);
  if (json.has(Field::request_items)) {
    parsed.reserve(items.size());
    for (auto [name, value] : items) {
      dom::object members = want_listed_structure(value, "KeysAndAttributes");
      parsed.push_back({name, std::nullopt, 0, Request(members, kTableFields, {})});
      check_keys(parsed.back(), constraints);
      parsed.back().json.check_attributes_to_get(constraints);
    }
  }
  try {
    constraints.throw_if_any();
    if (parsed.empty()) throw_validation("The requestItems parameter is required for BatchGetItem");
    check_one_style(parsed);
    std::size_t total = 0;
    for (const ParsedTable& table : parsed) read_table(table, request.tables.emplace_back(), total);
  } catch (const AwsError& error) {
    if (&error.kind() != &kSerializationException) check_types(parsed);
    throw;
  }
}

std::string unprocessed_keys(std::string_view body, const std::vector<std::vector<std::size_t>>& left) {
  Request json(body, field_set({Field::request_items}));
  std::string text;
  std::size_t table = 0;
  for (auto [name, value] : dom::object(json.element(Field::request_items))) {
    const std::vector<std::size_t>& numbers = left[table++];
    if (numbers.empty()) continue;
    if (!text.empty()) text += ',';
    append_json_string(text, name);
    text += ":{";
    for (auto [member, content] : dom::object(value)) {
      if (content.is_null()) continue;
      if (text.back() != '{') text += ',';
      append_json_string(text, member);
      text += ':';
      if (member != "Keys") {
        text += simdjson::minify(content);
        continue;
      }
      text += '[';
      for (std::size_t number : numbers) {
        if (text.back() != '[') text += ',';
        text += simdjson::minify(dom::array(content).at(number).value());
      }
      text += ']';
    }
    text += '}';
  }
  return text;
}

}  // namespace brume::dynamodb
