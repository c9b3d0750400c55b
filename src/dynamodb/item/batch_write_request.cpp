#include "dynamodb/item/batch_write_request.h"

#include <optional>

#include "base/json_text.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/request/echo.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

constexpr std::string_view kMember = "requestItems";

/// An element of one of the lists in RequestItems.
struct ParsedWrite {
  std::size_t table = 0;
  bool is_put = false;
  bool is_delete = false;
  std::optional<dom::element> content;  ///< Item or Key
};

/// `{table=[WriteRequest(…)]}`
std::string request_items_text(dom::object items) {
  std::string text = "{";
  for (auto [name, list] : items) {
    if (text.size() > 1) text += ", ";
    (text += name) += '=';
    text += java_list_text("WriteRequest", list);
  }
  return text += '}';
}

void check_map(dom::object items, Constraints& constraints) {
  bool names_fit = true, lists_fit = true;
  for (auto [name, value] : items) {
    std::size_t size = 0;
    for (dom::element request : want_inner_list(value)) {
      want_listed_structure(request, "WriteRequest");
      size += 1;
    }
    names_fit = names_fit && is_table_name(name);
    lists_fit = lists_fit && size >= 1 && size <= kMaxBatchWrites;
  }
  if (!names_fit)
    constraints.fail(request_items_text(items), kMember,
                     "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member "
                     "must have length greater than or equal to 3, Member must satisfy regular expression pattern: "
                     "[a-zA-Z0-9_.-]+]");
  if (!lists_fit)
    constraints.fail(request_items_text(items), kMember,
                     "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member "
                     "must have length greater than or equal to 1]");
}

ParsedWrite parse_write(dom::object request, const MemberPath& path, Constraints& constraints) {
  ParsedWrite parsed;
  auto read = [&](std::string_view shape, std::string_view content, std::string_view null_text, bool& is) {
    dom::element structure;
    if (request.at_key(shape).get(structure) || structure.is_null()) return;
    is = true;
    dom::object members = want_structure(structure, shape);
    dom::element map;
    if (members.at_key(content).get(map) || map.is_null()) return constraints.fail_null(path.of(null_text));
    want_map(map, "com.amazonaws.dynamodb.v20120810.AttributeValue");
    parsed.content = map;
  };
  read("DeleteRequest", "Key", "deleteRequest.key", parsed.is_delete);
  read("PutRequest", "Item", "putRequest.item", parsed.is_put);
  return parsed;
}

void parse_requests(dom::object items, BatchWriteRequest& request, std::vector<ParsedWrite>& parsed,
                    Constraints& constraints) {
  for (auto [name, list] : items) {
    const std::string place = std::string(kMember) + '.' + std::string(name) + ".member";
    std::size_t number = 0;
    for (dom::element entry : dom::array(list)) {
      parsed.push_back(parse_write(entry, {place, ++number, {}}, constraints));
      parsed.back().table = request.tables.size();
    }
    request.tables.emplace_back(name);
  }
}

void read_writes(const std::vector<ParsedWrite>& parsed, BatchWriteRequest& request) {
  if (parsed.size() > kMaxBatchWrites) throw_validation("Too many items requested for the BatchWriteItem call");
  request.writes.reserve(parsed.size());
  for (const ParsedWrite& write : parsed) {
    // What AWS says of a request that is neither or both.
    if (write.is_put == write.is_delete)
      throw_validation(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
          "datatypes");
    BatchedWrite& read = request.writes.emplace_back();
    read.table = write.table;
    read.is_put = write.is_put;
    wire::append_item_from_json(*write.content, read.item);
    if (write.is_put && wire::item_size(wire::ItemView(read.item)) > wire::kMaxItemBytes)
      throw_validation("Item size has exceeded the maximum allowed size");
  }
}

}  // namespace

void read_batch_write(std::string_view body, BatchWriteRequest& request) {
  Request json(
      body, field_set({Field::request_items, Field::return_consumed_capacity, Field::return_item_collection_metrics}));
  Constraints constraints;
  request.return_capacity = json.return_capacity(constraints);
  request.collection_metrics = json.collection_metrics(constraints);
  std::vector<ParsedWrite> parsed;
  if (json.has(Field::request_items)) {
    dom::object items =
        want_map(json.element(Field::request_items), "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>");
    Constraints of_map;
    check_map(items, of_map);
    parse_requests(items, request, parsed, of_map);
    // AWS reports a bad enumeration alone, before it looks into the map.
    if (constraints.empty()) constraints = std::move(of_map);
  } else {
    constraints.fail_null(kMember);
  }
  try {
    constraints.throw_if_any();
    if (parsed.empty()) throw_validation("The requestItems parameter is required for BatchWriteItem");
    read_writes(parsed, request);
  } catch (const AwsError& error) {
    if (&error.kind() != &kSerializationException)
      for (const ParsedWrite& write : parsed)
        if (write.content) wire::check_item_types(*write.content);
    throw;
  }
}

std::string unprocessed_writes(std::string_view body, const std::vector<bool>& left) {
  Request json(body, field_set({Field::request_items}));
  std::string text;
  std::size_t number = 0;
  for (auto [name, list] : dom::object(json.element(Field::request_items))) {
    std::string requests;
    for (dom::element request : dom::array(list)) {
      if (!left[number++]) continue;
      if (!requests.empty()) requests += ',';
      requests += simdjson::minify(request);
    }
    if (requests.empty()) continue;
    if (!text.empty()) text += ',';
    append_json_string(text, name);
    text.append(":[").append(requests).append("]");
  }
  return text;
}

}  // namespace brume::dynamodb
