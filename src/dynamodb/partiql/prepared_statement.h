// One statement of a request with its parameters: read, parsed, and checked as far as that needs no table. Private to
// dynamodb/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dynamodb/expression/projection.h"
#include "dynamodb/expression/update.h"
#include "dynamodb/partiql/statement.h"
#include "dynamodb/partiql/values.h"
#include "dynamodb/request/request.h"

namespace brume::dynamodb::partiql {

/// What a request says of one statement. Owns its texts.
struct StatementInput {
  std::string text;
  std::vector<std::string> parameters;       ///< stored form
  std::optional<AwsError> parameter_error;   ///< the first parameter that AWS refuses
  bool consistent = false;
  bool item_on_failure = false;
};

/// Reads Statement, Parameters, ConsistentRead and ReturnValuesOnConditionCheckFailure. What is wrong with a
/// parameter's value waits in parameter_error, because a batch tells it in its answer. Errors: SerializationException.
StatementInput read_statement(const Request& json, const MemberPath& path, Constraints& constraints);

inline constexpr FieldSet kStatementFields = field_set(
    {Field::statement, Field::parameters, Field::consistent_read, Field::return_values_on_condition_check_failure});

/// Owns everything it refers to; stays where it is.
class PreparedStatement {
 public:
  /// Errors: ValidationException, with AWS's texts.
  explicit PreparedStatement(StatementInput input);
  PreparedStatement(const PreparedStatement&) = delete;
  PreparedStatement& operator=(const PreparedStatement&) = delete;

  const StatementInput& input() const { return input_; }
  const Statement& statement() const { return statement_; }
  StatementKind kind() const { return statement_.kind; }
  const ConditionTree& where() const { return where_; }
  const UpdateTree& changes() const { return changes_; }  ///< UPDATE
  const std::string& item() const { return item_; }       ///< INSERT, stored form
  /// SELECT's columns; nullopt for *. Errors, which AWS tells only once it has looked at the index: ValidationException
  /// for a column that is no path.
  const std::optional<ProjectionExpression>& projection() const;

 private:
  StatementInput input_;
  Statement statement_;
  Values values_;
  ConditionTree where_;
  UpdateTree changes_;
  std::string item_;
  std::optional<ProjectionExpression> projection_;
  std::optional<AwsError> projection_error_;
};

}  // namespace brume::dynamodb::partiql
