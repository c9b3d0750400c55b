// KeyConditionExpression: which partition, and which range of its sort keys, a Query reads.
// Source: "Key condition expressions for the Query operation", DynamoDB Developer Guide.
#pragma once

#include <optional>
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

/// Key schema of the table or index that is queried.
struct KeySchema {
  KeyAttribute partition;
  std::optional<KeyAttribute> sort;
};

struct SortCondition {
  enum class Op : std::uint8_t { equal, less, less_equal, greater, greater_equal, between, begins_with };
  Op op = Op::equal;
  wire::ValueView value;  ///< bound; lower bound of between; prefix of begins_with
  wire::ValueView upper;  ///< between only
};

/// Values point into the ExpressionContext.
struct KeyCondition {
  wire::ValueView partition;
  std::optional<SortCondition> sort;
};

class KeyConditionExpression {
 public:
  /// Checks all that can be checked without the table. Refers to `text` and `context`.
  static KeyConditionExpression parse(std::string_view text, ExpressionContext& context);

  /// Fits it to the key schema. Errors: "Query condition missed key schema element: pk",
  /// "Query key condition not supported",
  /// "One or more parameter values were invalid: Condition parameter type does not match schema type".
  KeyCondition resolve(const KeySchema& schema) const;

 private:
  /// One condition on one attribute.
  struct Part {
    std::string_view attribute;
    SortCondition condition;
  };
  void collect(const ConditionNode& node);

  std::vector<Part> parts_;  ///< one or two, of different attributes
  ConditionTree tree_;
};

}  // namespace brume::dynamodb
