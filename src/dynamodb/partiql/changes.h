// SET and REMOVE as an update tree. Private to dynamodb/.
// Source: "PartiQL update statements for DynamoDB", Developer Guide.
#pragma once

#include "dynamodb/expression/update.h"
#include "dynamodb/partiql/statement.h"
#include "dynamodb/partiql/values.h"

namespace brume::dynamodb::partiql {

/// The changes of an UPDATE. Needs no table. Errors: ValidationException, with AWS's texts. The tree refers to
/// `statement` and `values`.
UpdateTree lower_changes(const Statement& statement, Values& values);

}  // namespace brume::dynamodb::partiql
