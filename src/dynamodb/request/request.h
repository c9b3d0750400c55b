// Reading the JSON of the item operations: the members of a request, with the checks that AWS makes before
// it looks at the meaning of anything. These operations are raw (service::Operation::raw) because they are
// the hot ones: their JSON goes straight into the stored form.
//
// Order of checks, as AWS makes them: types of the whole request (SerializationException); the table's name;
// the constraints of the shapes ("N validation errors detected: …"); then what each operation adds.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace brume::dynamodb {

/// Members of the item operations' inputs.
enum class Field : std::uint8_t {
  table_name,
  index_name,
  key,
  item,
  exclusive_start_key,
  condition_expression,
  update_expression,
  key_condition_expression,
  filter_expression,
  projection_expression,
  expression_attribute_names,
  expression_attribute_values,
  return_values,
  return_consumed_capacity,
  return_item_collection_metrics,
  return_values_on_condition_check_failure,
  consistent_read,
  scan_index_forward,
  select,
  limit,
  segment,
  total_segments,
  attributes_to_get,
  expected,
  attribute_updates,
  conditional_operator,
  key_conditions,
  query_filter,
  scan_filter,
  request_items,
  keys,
  transact_items,
  client_request_token,
  statement,
  statements,
  transact_statements,
  parameters,
  next_token,
  count_
};
std::string_view name_of(Field field);

/// Which members an operation has. Others are ignored, as AWS ignores them.
using FieldSet = std::uint64_t;
constexpr FieldSet field_set(std::initializer_list<Field> fields) {
  FieldSet set = 0;
  for (Field field : fields) set |= FieldSet{1} << static_cast<int>(field);
  return set;
}

enum class ReturnCapacity : std::uint8_t { none, total, indexes };
enum class ReturnValues : std::uint8_t { none, all_old, updated_old, all_new, updated_new };
enum class Select : std::uint8_t { unset, specific_attributes, count, all_attributes, all_projected_attributes };

/// Gathers failed constraints and throws them together.
class Constraints {
 public:
  void fail(std::string_view value, std::string_view member, std::string_view constraint);
  void fail_null(std::string_view member);
  void fail_text(std::string text) { failures_.push_back(std::move(text)); }
  bool empty() const { return failures_.empty(); }
  /// Errors: ValidationException "N validation error(s) detected: …" if anything failed.
  void throw_if_any() const;

 private:
  std::vector<std::string> failures_;
};

/// Where a structure stands in a request, for the texts of constraints: {"transactItems", 1, "put"} is
/// "transactItems.1.member.put". The request itself has no path.
struct MemberPath {
  std::string_view list;
  std::size_t number = 0;  ///< from 1; 0: `list` is not a list, and the path is "list.member.structure"
  std::string_view structure;
  /// "transactItems.1.member.put.tableName" of "tableName".
  std::string of(std::string_view member) const;
};

/// The members of one request, or of one structure inside one. Views into the parser of the calling thread: valid
/// until the thread parses its next request, so nothing here survives a suspension; copy what has to.
class Request {
 public:
  /// Parses and checks the JSON types. Errors: SerializationException.
  Request(std::string_view body, FieldSet fields);
  /// A structure inside a request that is parsed already.
  Request(simdjson::dom::object members, FieldSet fields, MemberPath path);

  bool has(Field field) const { return present_ & field_set({field}); }
  simdjson::dom::element element(Field field) const { return elements_[static_cast<std::size_t>(field)]; }
  /// "" if absent.
  std::string_view text(Field field) const;
  std::optional<bool> boolean(Field field) const;
  std::optional<std::int64_t> integer(Field field) const;
  /// The value of a member that isn't there is `if_absent`.
  bool boolean(Field field, bool if_absent) const { return boolean(field).value_or(if_absent); }

  /// TableName. Errors: ValidationException; AWS reports a bad name alone.
  std::string_view table_name() const;
  /// The same inside a request, where it is a constraint like others.
  std::string_view table_name(Constraints& constraints) const;

  /// A member that must be there.
  void require(Field field, Constraints& constraints) const;

  /// Throws what `constraints` gathered, after the types of attribute values have been checked: AWS looks
  /// at all types before any constraint.
  void throw_failures(const Constraints& constraints) const;
  /// Errors: SerializationException if an attribute value has the wrong JSON type.
  void check_value_types() const;

  /// The index of the member's text in `values`, nullopt if absent; another text fails the constraint.
  std::optional<std::size_t> choice(Field field, std::span<const std::string_view> values,
                                    Constraints& constraints) const;

  ReturnCapacity return_capacity(Constraints& constraints) const;
  ReturnValues return_values(Constraints& constraints) const;
  /// Is ReturnItemCollectionMetrics SIZE?
  bool collection_metrics(Constraints& constraints) const;
  void check_conditional_operator(Constraints& constraints) const;
  /// A ConditionalOperator needs conditions to join: `conditions` is Expected, QueryFilter or ScanFilter.
  void check_operator_has_conditions(Field conditions) const;
  void check_attributes_to_get(Constraints& constraints) const;
  /// Is ReturnValuesOnConditionCheckFailure ALL_OLD?
  bool item_on_failure(Constraints& constraints) const;

  /// "Can not use both expression and non-expression parameters in the same request: …" and the errors for
  /// names or values without an expression.
  void check_expression_parameters(std::span<const Field> expressions, std::span<const Field> legacy) const;

 private:
  void read_members(simdjson::dom::object members, FieldSet fields);

  std::array<simdjson::dom::element, static_cast<std::size_t>(Field::count_)> elements_;
  FieldSet present_ = 0;
  MemberPath path_;
};

/// Is it a table's name or ARN, as far as its characters and length tell?
bool is_table_name(std::string_view name);

// JSON types of what is inside a request. Errors: SerializationException with AWS's texts; `shape` is the model's name.
/// A structure as a member, and one in a list or map.
simdjson::dom::object want_structure(simdjson::dom::element value, std::string_view shape);
simdjson::dom::object want_listed_structure(simdjson::dom::element value, std::string_view shape);
simdjson::dom::object want_map(simdjson::dom::element value, std::string_view of);
simdjson::dom::array want_list(simdjson::dom::element value);
/// A list inside a map, a map inside a list: AWS stumbles over these in its own way.
simdjson::dom::array want_inner_list(simdjson::dom::element value);
simdjson::dom::object want_inner_map(simdjson::dom::element value);

}  // namespace brume::dynamodb
