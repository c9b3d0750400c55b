// From a condition's Syntax to its tree, with AWS's checks in AWS's order.
#pragma once

#include "dynamodb/expression/resolver.h"

namespace brume::dynamodb {

/// ConditionExpression, FilterExpression and KeyConditionExpression alike.
ConditionTree lower_condition(const Syntax& syntax, std::string_view parameter, ExpressionContext& context);

}  // namespace brume::dynamodb
