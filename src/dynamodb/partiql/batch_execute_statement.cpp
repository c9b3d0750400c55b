#include <array>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/json_text.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/table/item_key.h"
#include "dynamodb/partiql/partiql_operations.h"
#include "dynamodb/partiql/select.h"
#include "dynamodb/partiql/write_statement.h"
#include "dynamodb/request/echo.h"
#include "wire/item_json.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

using namespace partiql;

constexpr std::size_t kMaxStatements = 25;

/// One statement of a batch and what came of it.
struct Member {
  std::unique_ptr<PreparedStatement> statement;  ///< null if it could not be prepared
  std::optional<AwsError> error;
  std::string row;       ///< JSON of Item; "" for none
  TablePtr table;        ///< of a statement that was run
  Consumption consumption;
};

struct BatchRequest {
  std::vector<StatementInput> statements;
  ReturnCapacity return_capacity = ReturnCapacity::none;
};

BatchRequest read_request(std::string_view body) {
  Request json(body, field_set({Field::statements, Field::return_consumed_capacity}));
  BatchRequest request;
  Constraints constraints;
  constexpr std::string_view kList = "statements";
  if (!json.has(Field::statements)) {
    constraints.fail_null(kList);
  } else {
    const simdjson::dom::array list = want_list(json.element(Field::statements));
    if (list.size() == 0) constraints.fail("[]", kList, "Member must have length greater than or equal to 1");
    if (list.size() > kMaxStatements)
      constraints.fail(java_list_text("BatchStatementRequest", list), kList,
                       "Member must have length less than or equal to 25");
    for (simdjson::dom::element element : list) {
      const MemberPath path{kList, request.statements.size() + 1, {}};
      const Request member(want_listed_structure(element, "BatchStatementRequest"), kStatementFields, path);
      request.statements.push_back(read_statement(member, path, constraints));
    }
  }
  request.return_capacity = json.return_capacity(constraints);
  constraints.throw_if_any();
  return request;
}

/// What a batch calls an error.
std::string_view short_code(const AwsError& error) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kCodes{{
      {"ValidationException", "ValidationError"},
      {"ResourceNotFoundException", "ResourceNotFound"},
      {"ConditionalCheckFailedException", "ConditionalCheckFailed"},
      {"DuplicateItemException", "DuplicateItem"},
      {"TransactionConflictException", "TransactionConflict"},
      {"ItemCollectionSizeLimitExceededException", "ItemCollectionSizeLimitExceeded"},
      {"AccessDeniedException", "AccessDenied"},
      {"ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded"},
      {"RequestLimitExceeded", "RequestLimitExceeded"},
      {"ThrottlingException", "ThrottlingError"},
  }};
  for (const auto& [code, text] : kCodes)
    if (error.kind().code == code) return text;
  return "InternalServerError";
}

void prepare(Member& member, StatementInput input) {
  try {
    member.statement = std::make_unique<PreparedStatement>(std::move(input));
    if (member.statement->kind() == StatementKind::exists)
      throw_validation("EXISTS can only be used in ExecuteTransaction write requests.");
  } catch (const AwsError& error) {
    member.error = error;
  }
}

void check_one_effect(const std::vector<Member>& members) {
  bool reads = false, writes = false;
  for (const Member& member : members)
    if (member.statement) (member.statement->statement().is_read() ? reads : writes) = true;
  if (reads && writes)
    throw_validation("BatchExecuteStatement API does not support both read and write operations in the same request.");
}

Task<> read_one(State& state, const service::Call& call, Member& member) {
  const PreparedStatement& statement = *member.statement;
  TablePtr table = table_for_items(state, call, statement.statement().table);
  find_index(*table, statement.statement(), state.clock.now());
  const PointRead point = find_point(statement, *table, true);
  if (!point.only_key)
    throw_validation(
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause.");
  const std::string key = key_of_key(*table, wire::ItemView(point.key_item));
  std::string item;
  const bool found = co_await state.store.get(key, item);
  if (found) append_row(statement, wire::ItemView(item), member.row);
  member.consumption.table =
      read_units(found ? wire::item_size(wire::ItemView(item)) : 0, statement.input().consistent);
  member.table = std::move(table);
}

Task<> write_one(State& state, const service::Call& call, Member& member) {
  TablePtr table = table_for_items(state, call, member.statement->statement().table);
  check_write_key(*member.statement, *table);
  member.table = table;
  WriteOutcome outcome = co_await run_write_statement(state, *member.statement, std::move(table));
  member.consumption = std::move(outcome.consumption);
  if (!outcome.item.empty()) wire::append_item_json(wire::ItemView(outcome.item), member.row);
}

Task<> run_one(State& state, const service::Call& call, Member& member) {
  try {
    if (member.statement->statement().is_read()) co_await read_one(state, call, member);
    else co_await write_one(state, call, member);
  } catch (const AwsError& error) {
    member.error = error;
  }
}

void append_response(const Member& member, std::string& json) {
  json += '{';
  if (member.error) {
    json += "\"Error\":{\"Code\":";
    append_json_string(json, short_code(*member.error));
    json += ",\"Message\":";
    append_json_string(json, member.error->message());
    if (const auto* item = member.error->members().if_contains("Item"))
      json += ",\"Item\":" + boost::json::serialize(*item);
    json += "},";
  }
  if (member.table) {
    json += "\"TableName\":";
    append_json_string(json, member.table->name);
    json += ',';
  }
  if (!member.row.empty()) json += "\"Item\":" + member.row + ',';
  if (json.back() == ',') json.pop_back();
  json += '}';
}

service::Reply reply_of(const std::vector<Member>& members, ReturnCapacity return_capacity) {
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  if (return_capacity != ReturnCapacity::none) {
    json += "\"ConsumedCapacity\":[";
    for (const Member& member : members) {
      if (!member.table || member.error) continue;
      if (json.back() != '[') json += ',';
      append_capacity_object(json, return_capacity, *member.table, member.consumption);
    }
    json += "],";
  }
  json += "\"Responses\":[";
  for (const Member& member : members) {
    if (json.back() != '[') json += ',';
    append_response(member, json);
  }
  json += "]}";
  return reply;
}

}  // namespace

Task<service::Reply> batch_execute_statement(State& state, service::Call& call) {
  BatchRequest request = read_request(call.body);
  std::vector<Member> members(request.statements.size());
  for (std::size_t i = 0; i < members.size(); ++i) prepare(members[i], std::move(request.statements[i]));
  check_one_effect(members);
  for (Member& member : members)
    if (!member.error) co_await run_one(state, call, member);
  for (const Member& member : members)
    if (member.table && !member.error)
      add_usage(call.usage, member.statement->statement().is_read() ? Units::read : Units::write, *member.table,
                member.consumption);
  co_return reply_of(members, request.return_capacity);
}

}  // namespace brume::dynamodb
