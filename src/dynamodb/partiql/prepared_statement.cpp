#include "dynamodb/partiql/prepared_statement.h"

#include "dynamodb/request/errors.h"
#include "dynamodb/partiql/changes.h"
#include "dynamodb/partiql/lexer.h"
#include "dynamodb/partiql/parser.h"
#include "dynamodb/partiql/where.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb::partiql {
namespace {

void read_parameters(const Request& json, const MemberPath& path, StatementInput& input, Constraints& constraints) {
  if (!json.has(Field::parameters)) return;
  const simdjson::dom::array list = want_list(json.element(Field::parameters));
  for (simdjson::dom::element value : list) wire::check_value_types(value);
  if (list.size() == 0)
    constraints.fail("[]", path.of("parameters"), "Member must have length greater than or equal to 1");
  try {
    for (simdjson::dom::element value : list) {
      std::string stored;
      wire::append_value_from_json(value, stored, wire::Exponents::of_32_bits);
      input.parameters.push_back(std::move(stored));
    }
  } catch (const AwsError& error) {
    input.parameter_error = error;
  }
}

/// A column is named after the last part of its path.
ProjectionExpression columns_of(const Statement& statement) {
  PathPool pool;
  std::vector<PathRef> paths;
  for (const NodeIndex column : statement.columns) {
    const Node& node = statement.nodes[column];
    if (node.kind != Node::Kind::path) throw_validation("Unexpected path component" + statement.position(node));
    const PathView path = statement.path(node);
    paths.push_back({static_cast<std::uint32_t>(pool.steps.size()), static_cast<std::uint32_t>(path.size())});
    pool.steps.insert(pool.steps.end(), path.begin(), path.end());
  }
  return ProjectionExpression::of_columns(std::move(pool), std::move(paths));
}

}  // namespace

StatementInput read_statement(const Request& json, const MemberPath& path, Constraints& constraints) {
  StatementInput input;
  input.text = json.text(Field::statement);
  if (!json.has(Field::statement)) {
    constraints.fail_null(path.of("statement"));
  } else if (input.text.empty()) {
    constraints.fail(input.text, path.of("statement"), "Member must have length greater than or equal to 1");
  } else if (input.text.size() > kMaxStatementBytes) {
    constraints.fail(input.text, path.of("statement"), "Member must have length less than or equal to 8192");
  }
  read_parameters(json, path, input, constraints);
  input.consistent = json.boolean(Field::consistent_read, false);
  input.item_on_failure = json.item_on_failure(constraints);
  return input;
}

PreparedStatement::PreparedStatement(StatementInput input)
    : input_(std::move(input)), values_(statement_, input_.parameters) {
  if (input_.parameter_error) throw *input_.parameter_error;
  parse_statement(input_.text, statement_);
  if (statement_.parameters != input_.parameters.size())
    throw_validation("Number of parameters in request and statement don't match.");
  if (statement_.item) {
    item_ = values_.item(statement_.nodes[*statement_.item]);
    if (wire::item_size(wire::ItemView(item_)) > wire::kMaxItemBytes)
      throw_validation("Item size has exceeded the maximum allowed size");
  }
  changes_ = lower_changes(statement_, values_);
  where_ = lower_where(statement_, values_);
  if (statement_.columns.empty()) return;
  try {
    projection_ = columns_of(statement_);
  } catch (const AwsError& error) {
    projection_error_ = error;
  }
}

const std::optional<ProjectionExpression>& PreparedStatement::projection() const {
  if (projection_error_) throw *projection_error_;
  return projection_;
}

}  // namespace brume::dynamodb::partiql
