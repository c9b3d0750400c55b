// PartiQL's grammar, as far as DynamoDB takes it. Private to dynamodb/.
// Source: "PartiQL for DynamoDB", Amazon DynamoDB Developer Guide.
#pragma once

#include <string_view>

#include "dynamodb/partiql/statement.h"

namespace brume::dynamodb::partiql {

/// Fills `statement` from `text`, which outlives it. Errors: ValidationException, with AWS's texts, for what isn't
/// grammatical ("Statement wasn't well formed, can't be processed: …"), and for clauses, aliases and path components
/// that DynamoDB doesn't take.
void parse_statement(std::string_view text, Statement& statement);

}  // namespace brume::dynamodb::partiql
