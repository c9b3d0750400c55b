#include "dynamodb/request/request.h"

#include <cstring>
#include <memory>

#include "dynamodb/request/errors.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace dom = simdjson::dom;
namespace {

enum class Kind : std::uint8_t {
  string,
  boolean,
  integer,
  attributes,
  conditions,
  map,
  list,
  nested,  ///< structures; who reads them checks their types
};
struct FieldRow {
  std::string_view name;
  Kind kind;
};

constexpr std::array<FieldRow, static_cast<std::size_t>(Field::count_)> kFields{{
    {"TableName", Kind::string},
    {"IndexName", Kind::string},
    {"Key", Kind::attributes},
    {"Item", Kind::attributes},
    {"ExclusiveStartKey", Kind::attributes},
    {"ConditionExpression", Kind::string},
    {"UpdateExpression", Kind::string},
    {"KeyConditionExpression", Kind::string},
    {"FilterExpression", Kind::string},
    {"ProjectionExpression", Kind::string},
    {"ExpressionAttributeNames", Kind::map},
    {"ExpressionAttributeValues", Kind::attributes},
    {"ReturnValues", Kind::string},
    {"ReturnConsumedCapacity", Kind::string},
    {"ReturnItemCollectionMetrics", Kind::string},
    {"ReturnValuesOnConditionCheckFailure", Kind::string},
    {"ConsistentRead", Kind::boolean},
    {"ScanIndexForward", Kind::boolean},
    {"Select", Kind::string},
    {"Limit", Kind::integer},
    {"Segment", Kind::integer},
    {"TotalSegments", Kind::integer},
    {"AttributesToGet", Kind::list},
    {"Expected", Kind::map},
    {"AttributeUpdates", Kind::map},
    {"ConditionalOperator", Kind::string},
    {"KeyConditions", Kind::conditions},
    {"QueryFilter", Kind::conditions},
    {"ScanFilter", Kind::conditions},
    {"RequestItems", Kind::nested},
    {"Keys", Kind::nested},
    {"TransactItems", Kind::nested},
    {"ClientRequestToken", Kind::string},
    {"Statement", Kind::string},
    {"Statements", Kind::nested},
    {"TransactStatements", Kind::nested},
    {"Parameters", Kind::nested},
    {"NextToken", Kind::string},
}};

[[noreturn]] void throw_type(std::string message) { throw AwsError(kSerializationException, std::move(message)); }

/// What AWS calls a JSON value that has the wrong type.
std::string token_name(dom::element value) {
  switch (value.type()) {
    case dom::element_type::BOOL: return bool(value) ? "TRUE_VALUE" : "FALSE_VALUE";
    case dom::element_type::STRING: return "STRING_VALUE";
    case dom::element_type::DOUBLE: return "DECIMAL_VALUE";
    default: return "NUMBER_VALUE";
  }
}

[[noreturn]] void throw_scalar_type(dom::element value, std::string_view wanted) {
  if (value.is_array()) throw_type("Unrecognized collection type class java.lang." + std::string(wanted));
  if (value.is_object()) throw_type("Start of structure or map found where not expected");
  throw_type(token_name(value) + " cannot be converted to " + std::string(wanted));
}

void check_type(dom::element value, Kind kind) {
  switch (kind) {
    case Kind::string:
      if (!value.is_string()) throw_scalar_type(value, "String");
      return;
    case Kind::boolean:
      if (value.is_bool()) return;
      if (!value.is_string()) throw_scalar_type(value, "Boolean");
      if (std::string_view text = value; text != "true" && text != "false")
        throw_type("Unexpected token received from parser");
      return;
    case Kind::integer:
      if (!value.is_number()) throw_scalar_type(value, "Integer");
      return;
    case Kind::attributes:
    case Kind::conditions:
    case Kind::map:
      if (value.is_object()) return;
      if (value.is_array())
        throw_type("Unrecognized collection type java.util.Map<java.lang.String, " +
                   std::string(kind == Kind::attributes   ? "com.amazonaws.dynamodb.v20120810.AttributeValue"
                               : kind == Kind::conditions ? "com.amazonaws.dynamodb.v20120810.Condition"
                                                          : "java.lang.String") +
                   ">");
      throw_type("Unexpected field type");
    case Kind::list:
      if (!value.is_array())
        throw_type(value.is_object() ? "Start of structure or map found where not expected" : "Unexpected field type");
      for (dom::element member : dom::array(value)) check_type(member, Kind::string);
      return;
    case Kind::nested: return;
  }
}

/// simdjson wants its input followed by padding and keeps the tree in the parser: one of each for a thread.
dom::element parse(std::string_view body) {
  struct Parser {
    dom::parser parser;
    std::unique_ptr<char[]> buffer;
    std::size_t capacity = 0;
  };
  thread_local Parser mine;
  // A request that was much larger than others gives its memory back with the next small one.
  constexpr std::size_t kKeep = 1 << 20;
  if (mine.capacity > kKeep && body.size() < kKeep / 4) mine = Parser();
  if (!mine.buffer || mine.capacity < body.size()) {
    mine.capacity = std::max<std::size_t>(body.size() * 2, 16 * 1024);
    mine.buffer = std::make_unique<char[]>(mine.capacity + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(mine.buffer.get(), body.data(), body.size());
  dom::element root;
  if (mine.parser.parse(mine.buffer.get(), body.size(), false).get(root)) throw_type("");
  return root;
}

std::optional<Field> field_of(std::string_view name) {
  for (std::size_t i = 0; i < kFields.size(); ++i)
    if (kFields[i].name == name) return static_cast<Field>(i);
  return std::nullopt;
}

/// "ReturnValues" → "returnValues": how constraint messages spell members.
std::string spelled(std::string_view name) {
  std::string text(name);
  text[0] = static_cast<char>(text[0] | 0x20);
  return text;
}

bool is_table_name_text(std::string_view name) {
  for (char c : name) {
    bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
              c == '-';
    if (!ok) return false;
  }
  return true;
}

std::string joined(std::span<const std::string_view> texts) {
  std::string all;
  for (std::string_view text : texts) {
    if (!all.empty()) all += ", ";
    all += text;
  }
  return all;
}

}  // namespace

std::string_view name_of(Field field) { return kFields[static_cast<std::size_t>(field)].name; }

void Constraints::fail(std::string_view value, std::string_view member, std::string_view constraint) {
  failures_.push_back("Value '" + std::string(value) + "' at '" + std::string(member) +
                      "' failed to satisfy constraint: " + std::string(constraint));
}

void Constraints::fail_null(std::string_view member) {
  failures_.push_back("Value null at '" + std::string(member) +
                      "' failed to satisfy constraint: Member must not be null");
}

void Constraints::throw_if_any() const {
  if (failures_.empty()) return;
  std::string text = std::to_string(failures_.size()) + " validation error" + (failures_.size() > 1 ? "s" : "") +
                     " detected: ";
  for (std::size_t i = 0; i < failures_.size(); ++i) text += (i ? "; " : "") + failures_[i];
  throw_validation(std::move(text));
}

std::string MemberPath::of(std::string_view member) const {
  std::string text(list);
  if (!text.empty()) {
    if (number != 0) text += '.' + std::to_string(number);
    text += ".member.";
    if (!structure.empty()) (text += structure) += '.';
  }
  return text += member;
}

Request::Request(std::string_view body, FieldSet fields) {
  dom::element root = parse(body);
  dom::object object;
  if (root.get(object))
    throw_type(root.is_array() ? "Unrecognized collection type class com.amazonaws.dynamodb.v20120810" : "");
  read_members(object, fields);
}

Request::Request(dom::object members, FieldSet fields, MemberPath path) : path_(path) { read_members(members, fields); }

void Request::read_members(dom::object members, FieldSet fields) {
  for (auto [name, value] : members) {
    if (value.is_null()) continue;
    auto field = field_of(name);
    if (!field || !(fields & field_set({*field}))) continue;
    check_type(value, kFields[static_cast<std::size_t>(*field)].kind);
    elements_[static_cast<std::size_t>(*field)] = value;
    present_ |= field_set({*field});
  }
}

std::string_view Request::text(Field field) const {
  return has(field) ? std::string_view(element(field)) : std::string_view();
}

std::optional<bool> Request::boolean(Field field) const {
  if (!has(field)) return std::nullopt;
  dom::element value = element(field);
  return value.is_bool() ? bool(value) : std::string_view(value) == "true";
}

std::optional<std::int64_t> Request::integer(Field field) const {
  if (!has(field)) return std::nullopt;
  dom::element value = element(field);
  std::int64_t number = 0;
  if (!value.get(number)) return number;
  double real = value.is_double() ? double(value) : 9e18;
  return static_cast<std::int64_t>(std::clamp(real, -9e18, 9e18));
}

std::string_view Request::table_name() const {
  Constraints constraints;
  std::string_view name = table_name(constraints);
  if (!constraints.empty()) throw_failures(constraints);
  return name;
}

std::string_view Request::table_name(Constraints& constraints) const {
  std::string_view name = text(Field::table_name);
  auto fail = [&](std::string_view constraint) { constraints.fail(name, path_.of("tableName"), constraint); };
  if (!has(Field::table_name)) {
    constraints.fail_null(path_.of("tableName"));
  } else if (name.starts_with("arn:")) {
    if (name.size() > 1024) fail("Member must have length less than or equal to 1024");
  } else {
    if (!is_table_name_text(name)) fail("Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    else if (name.empty()) fail("Member must have length greater than or equal to 1");
    else if (name.size() < 3) fail("Member must have length greater than or equal to 3");
    if (name.size() > 255) fail("Member must have length less than or equal to 255");
  }
  return name;
}

void Request::require(Field field, Constraints& constraints) const {
  if (!has(field)) constraints.fail_null(path_.of(spelled(name_of(field))));
}

void Request::throw_failures(const Constraints& constraints) const {
  if (constraints.empty()) return;
  check_value_types();
  constraints.throw_if_any();
}

void Request::check_value_types() const {
  for (Field field : {Field::key, Field::item, Field::exclusive_start_key, Field::expression_attribute_values})
    if (has(field)) wire::check_item_types(element(field));
}

std::optional<std::size_t> Request::choice(Field field, std::span<const std::string_view> values,
                                           Constraints& constraints) const {
  if (!has(field)) return std::nullopt;
  std::string_view value = text(field);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == value) return i;
  constraints.fail(value, path_.of(spelled(name_of(field))),
                   "Member must satisfy enum value set: [" + joined(values) + "]");
  return std::nullopt;
}

// The order of the values in these sets is the one that AWS prints.

ReturnCapacity Request::return_capacity(Constraints& constraints) const {
  static constexpr std::array<std::string_view, 3> kValues{"INDEXES", "TOTAL", "NONE"};
  static constexpr std::array kMeanings{ReturnCapacity::indexes, ReturnCapacity::total, ReturnCapacity::none};
  return kMeanings[choice(Field::return_consumed_capacity, kValues, constraints).value_or(2)];
}

ReturnValues Request::return_values(Constraints& constraints) const {
  static constexpr std::array<std::string_view, 5> kValues{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"};
  static constexpr std::array kMeanings{ReturnValues::all_new, ReturnValues::updated_old, ReturnValues::all_old,
                                        ReturnValues::none, ReturnValues::updated_new};
  return kMeanings[choice(Field::return_values, kValues, constraints).value_or(3)];
}

bool Request::collection_metrics(Constraints& constraints) const {
  static constexpr std::array<std::string_view, 2> kValues{"SIZE", "NONE"};
  return choice(Field::return_item_collection_metrics, kValues, constraints) == std::size_t{0};
}

void Request::check_conditional_operator(Constraints& constraints) const {
  static constexpr std::array<std::string_view, 2> kValues{"OR", "AND"};
  choice(Field::conditional_operator, kValues, constraints);
}

void Request::check_operator_has_conditions(Field conditions) const {
  if (!has(Field::conditional_operator)) return;
  dom::object joined;
  if (has(conditions) && element(conditions).get(joined) == simdjson::SUCCESS && joined.size() > 0) return;
  throw_validation("ConditionalOperator cannot be used without Filter or Expected");
}

void Request::check_attributes_to_get(Constraints& constraints) const {
  if (!has(Field::attributes_to_get)) return;
  std::size_t size = dom::array(element(Field::attributes_to_get)).size();
  if (size == 0)
    constraints.fail("[]", path_.of("attributesToGet"), "Member must have length greater than or equal to 1");
}

bool Request::item_on_failure(Constraints& constraints) const {
  static constexpr std::array<std::string_view, 2> kValues{"ALL_OLD", "NONE"};
  return choice(Field::return_values_on_condition_check_failure, kValues, constraints) == std::size_t{0};
}

void Request::check_expression_parameters(std::span<const Field> expressions, std::span<const Field> legacy) const {
  auto names_of_present = [&](std::span<const Field> fields) {
    std::vector<std::string_view> names;
    for (Field field : fields)
      if (has(field)) names.push_back(name_of(field));
    return names;
  };
  std::vector<std::string_view> used = names_of_present(expressions);
  if (!used.empty()) {
    std::vector<std::string_view> old = names_of_present(legacy);
    // KeyConditions may stand beside FilterExpression and ProjectionExpression.
    if (!has(Field::key_condition_expression)) std::erase(old, name_of(Field::key_conditions));
    if (!old.empty())
      throw_validation(
          "Can not use both expression and non-expression parameters in the same request: "
          "Non-expression parameters: {" +
          joined(old) + "} Expression parameters: {" + joined(used) + "}");
  } else if (has(Field::expression_attribute_names)) {
    throw_validation("ExpressionAttributeNames can only be specified when using expressions");
  }
  if (!has(Field::expression_attribute_values)) return;
  std::string absent;
  int count = 0;
  for (Field field : expressions) {
    if (field == Field::projection_expression) continue;
    if (has(field)) return;
    absent += (count++ ? " and " : "") + std::string(name_of(field));
  }
  throw_validation("ExpressionAttributeValues can only be specified when using expressions: " + absent +
                   (count > 1 ? " are" : " is") + " null");
}

bool is_table_name(std::string_view name) {
  if (name.starts_with("arn:")) return name.size() <= 1024;
  return is_table_name_text(name) && name.size() >= 3 && name.size() <= 255;
}

namespace {

constexpr std::string_view kMisplaced = "Start of structure or map found where not expected";

std::string collection_text(std::string_view shape) {
  return "Unrecognized collection type class com.amazonaws.dynamodb.v20120810." + std::string(shape);
}

/// What Java says where AWS reads a generic type that is not the collection it expects.
[[noreturn]] void throw_not_generic() {
  throw_type(
      "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
      "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of "
      "loader 'bootstrap')");
}

}  // namespace

dom::object want_structure(dom::element value, std::string_view shape) {
  if (value.is_object()) return value;
  throw_type(value.is_array() ? collection_text(shape) : "Unexpected field type");
}

dom::object want_listed_structure(dom::element value, std::string_view shape) {
  if (value.is_object()) return value;
  throw_type(value.is_array() ? collection_text(shape) : "Unexpected value type in payload");
}

dom::object want_map(dom::element value, std::string_view of) {
  if (value.is_object()) return value;
  throw_type(value.is_array() ? "Unrecognized collection type java.util.Map<java.lang.String, " + std::string(of) + ">"
                              : "Unexpected field type");
}

dom::array want_list(dom::element value) {
  if (value.is_array()) return value;
  throw_type(value.is_object() ? std::string(kMisplaced) : "Unexpected field type");
}

dom::array want_inner_list(dom::element value) {
  if (value.is_array()) return value;
  if (value.is_object()) throw_type(std::string(kMisplaced));
  throw_not_generic();
}

dom::object want_inner_map(dom::element value) {
  if (value.is_object()) return value;
  if (value.is_array())
    throw_type(
        "Unrecognized collection type java.util.Map<java.lang.String, "
        "com.amazonaws.dynamodb.v20120810.AttributeValue>");
  throw_not_generic();
}

}  // namespace brume::dynamodb
