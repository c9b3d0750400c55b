// The parameters from before expressions existed, brought into the same trees: Expected, ScanFilter and
// QueryFilter become conditions, AttributeUpdates an update, KeyConditions a key condition,
// AttributesToGet a projection.
// Source: "Legacy DynamoDB conditional parameters", DynamoDB Developer Guide.
#pragma once

#include <simdjson.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression/condition.h"
#include "dynamodb/expression/key_condition.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/expression/update.h"

namespace brume::dynamodb {

/// Names and stored values that the trees refer to: it outlives them, and never moves what it holds.
class LegacyValues {
 public:
  /// Errors: as wire::check_attribute_name.
  std::string_view keep_name(std::string_view name);
  /// Errors: as wire::append_value_from_json.
  wire::ValueView keep_value(simdjson::dom::element json);

 private:
  std::deque<std::string> texts_;
};

// Errors: SerializationException, ValidationException with AWS's texts.

/// `conditional_operator` is "", "AND" or "OR". nullopt if there is no condition in it.
std::optional<ConditionExpression> read_expected(simdjson::dom::element expected, std::string_view conditional_operator,
                                                 LegacyValues& values);
/// `parameter` is "scanFilter" or "queryFilter".
std::optional<ConditionExpression> read_filter(simdjson::dom::element filter, std::string_view parameter,
                                               std::string_view conditional_operator, LegacyValues& values);
UpdateExpression read_attribute_updates(simdjson::dom::element updates, LegacyValues& values);
ProjectionExpression read_attributes_to_get(simdjson::dom::element names, LegacyValues& values);

/// KeyConditions, before the table is known.
struct LegacyKeyCondition {
  std::string_view attribute;
  std::string_view comparison;           ///< EQ, LT, …
  std::vector<wire::ValueView> arguments;
};
std::vector<LegacyKeyCondition> read_key_conditions(simdjson::dom::element conditions, LegacyValues& values);
/// Fits them to the key schema. Errors: as fit_conditions().
KeyCondition resolve_key_conditions(std::span<const LegacyKeyCondition> conditions, const KeySchema& schema,
                                    const KeyAttributeVisitor& before_each = {});

}  // namespace brume::dynamodb
