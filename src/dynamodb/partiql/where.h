// WHERE as a condition tree. Private to dynamodb/.
// Source: "PartiQL operators" and "PartiQL functions for DynamoDB", Developer Guide.
#pragma once

#include "dynamodb/expression/ast.h"
#include "dynamodb/partiql/statement.h"
#include "dynamodb/partiql/values.h"

namespace brume::dynamodb::partiql {

/// The statement's WHERE; empty (always true) if it has none. Needs no table: AWS makes these checks before it looks
/// for one. Errors: ValidationException, with AWS's texts. The tree refers to `statement` and `values`.
ConditionTree lower_where(const Statement& statement, Values& values);

/// The tree but for the nodes that `leave_out` names; of an AND or OR what is left. An empty tree if nothing is.
ConditionTree without(const ConditionTree& tree, const std::vector<std::uint32_t>& leave_out);

/// `tree` with `op` (and_, or_) and one more condition: attribute_exists or attribute_not_exists of `attribute`, whose
/// text outlives the result.
ConditionTree joined(ConditionTree tree, ConditionOp op, ConditionOp check, std::string_view attribute);

}  // namespace brume::dynamodb::partiql
