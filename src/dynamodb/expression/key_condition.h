// KeyConditionExpression: which partition, and which range of its sort keys, a Query reads.
// Source: "Key condition expressions for the Query operation", DynamoDB Developer Guide.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dynamodb/expression/ast.h"
#include "dynamodb/expression/context.h"
#include "wire/item.h"

namespace brume::dynamodb {

struct KeyAttribute {
  std::string_view name;
  wire::ValueType type = wire::ValueType::string;  ///< S, N or B
};

/// Key schema of the table or index that is queried: one partition key attribute and at most one sort key attribute, or
/// up to four of each for a global secondary index.
struct KeySchema {
  std::vector<KeyAttribute> partition;
  std::vector<KeyAttribute> sort;
};

struct SortCondition {
  enum class Op : std::uint8_t { equal, less, less_equal, greater, greater_equal, between, begins_with };
  Op op = Op::equal;
  wire::ValueView value;  ///< bound; lower bound of between; prefix of begins_with
  wire::ValueView upper;  ///< between only
};

/// Values point into the ExpressionContext.
struct KeyCondition {
  std::vector<wire::ValueView> partition;  ///< one for each attribute
  std::vector<wire::ValueView> sort_equal;  ///< equalities on the first sort key attributes, but for the last condition
  std::optional<SortCondition> sort;  ///< the last condition, on the sort key attribute after those
};

/// What both forms of key conditions, expressions and KeyConditions, come to.
struct NamedCondition {
  std::string_view attribute;
  SortCondition condition;
  bool indexable = true;  ///< false: KeyConditions asks for an operator that no key can serve
};

/// Called with each key attribute before its condition is looked at.
using KeyAttributeVisitor = std::function<void(const KeyAttribute&)>;

/// Fits conditions to the key schema: an equality on each partition key attribute; then, from the left, equalities on
/// sort key attributes, of which the last may be any condition. The attributes are checked one after the other, as AWS
/// does, so that of several errors the one at the first attribute is reported; `before_each` may add checks there.
/// Errors: "Query condition missed key schema element: pk", "Query key condition not supported",
/// "One or more parameter values were invalid: Condition parameter type does not match schema type", empty key values.
KeyCondition fit_conditions(std::span<const NamedCondition> conditions, const KeySchema& schema,
                            const KeyAttributeVisitor& before_each = {});

class KeyConditionExpression {
 public:
  /// Checks what can be checked of the text alone. Refers to `text` and `context`.
  static KeyConditionExpression parse(std::string_view text, ExpressionContext& context);

  /// Checks that it is a conjunction of conditions on keys. AWS does so after it has parsed the other expressions of
  /// the request. Call it once, before resolve(). Errors: ValidationException.
  void check();

  /// Fits it to the key schema. Errors: as fit_conditions().
  KeyCondition resolve(const KeySchema& schema, const KeyAttributeVisitor& before_each = {}) const;

 private:
  void collect(const ConditionNode& node);

  std::vector<NamedCondition> parts_;  ///< of different attributes; filled by check()
  ConditionTree tree_;
};

}  // namespace brume::dynamodb
