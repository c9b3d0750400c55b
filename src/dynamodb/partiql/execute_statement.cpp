#include "base/json_text.h"
#include "dynamodb/request/errors.h"
#include "dynamodb/partiql/partiql_operations.h"
#include "dynamodb/partiql/select.h"
#include "dynamodb/partiql/write_statement.h"
#include "wire/item_json.h"

namespace brume::dynamodb {
namespace {

using namespace partiql;

struct ExecuteRequest {
  StatementInput statement;
  std::optional<std::string> next_token;
  std::uint64_t limit = 0;
  ReturnCapacity return_capacity = ReturnCapacity::none;
};

ExecuteRequest read_request(std::string_view body) {
  Request json(body, kStatementFields | field_set({Field::next_token, Field::limit, Field::return_consumed_capacity}));
  ExecuteRequest request;
  Constraints constraints;
  request.statement = read_statement(json, {}, constraints);
  if (json.has(Field::next_token)) {
    request.next_token = json.text(Field::next_token);
    if (request.next_token->empty())
      constraints.fail("", "nextToken", "Member must have length greater than or equal to 1");
    if (request.next_token->size() > 32768)
      constraints.fail(*request.next_token, "nextToken", "Member must have length less than or equal to 32768");
  }
  request.return_capacity = json.return_capacity(constraints);
  if (const auto limit = json.integer(Field::limit)) {
    if (*limit < 1)
      constraints.fail(std::to_string(*limit), "limit", "Member must have value greater than or equal to 1");
    request.limit = static_cast<std::uint64_t>(std::max<std::int64_t>(*limit, 0));
  }
  constraints.throw_if_any();
  return request;
}

Task<service::Reply> select(State& state, service::Call& call, const PreparedStatement& statement,
                            const ExecuteRequest& request, TablePtr table) {
  SelectOptions options;
  options.limit = request.limit;
  if (request.next_token) options.start = decode_next_token(*request.next_token, statement, *table);
  const SelectPage page = co_await run_select(state, statement, table, std::move(options));
  add_usage(call.usage, Units::read, *table, page.consumption);
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacity(json, request.return_capacity, *table, page.consumption);
  if (page.position) {
    json += "\"NextToken\":";
    append_json_string(json, encode_next_token(statement, *table, *page.position));
    json += ',';
    if (!page.last_key.empty()) {
      json += "\"LastEvaluatedKey\":";
      wire::append_item_json(wire::ItemView(page.last_key), json);
      json += ',';
    }
  }
  json += "\"Items\":[" + page.items + "]}";
  co_return reply;
}

Task<service::Reply> write(State& state, service::Call& call, const PreparedStatement& statement,
                           const ExecuteRequest& request, TablePtr table) {
  const WriteOutcome outcome = co_await run_write_statement(state, statement, std::move(table));
  add_usage(call.usage, Units::write, *outcome.table, outcome.consumption);
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacity(json, request.return_capacity, *outcome.table, outcome.consumption);
  json += "\"Items\":[";
  if (!outcome.item.empty()) wire::append_item_json(wire::ItemView(outcome.item), json);
  json += "]}";
  co_return reply;
}

}  // namespace

Task<service::Reply> execute_statement(State& state, service::Call& call) {
  ExecuteRequest request = read_request(call.body);
  const PreparedStatement statement(std::move(request.statement));
  if (statement.kind() == StatementKind::exists)
    throw_validation("EXISTS can only be used in ExecuteTransaction write requests.");
  TablePtr table = table_for_items(state, call, statement.statement().table);
  if (statement.kind() == StatementKind::select)
    co_return co_await select(state, call, statement, request, std::move(table));
  co_return co_await write(state, call, statement, request, std::move(table));
}

}  // namespace brume::dynamodb
