#include <deque>
#include <memory>

#include "dynamodb/request/errors.h"
#include "dynamodb/item/reply_lists.h"
#include "dynamodb/partiql/item_key_of.h"
#include "dynamodb/partiql/partiql_operations.h"
#include "dynamodb/partiql/select.h"
#include "dynamodb/partiql/write_statement.h"
#include "dynamodb/request/echo.h"
#include "dynamodb/transaction/client_tokens.h"
#include "dynamodb/transaction/transact.h"
#include "wire/size.h"

namespace brume::dynamodb {
namespace {

using namespace partiql;

struct TransactionRequest {
  std::vector<StatementInput> statements;
  std::optional<ClientToken> token;
  ReturnCapacity return_capacity = ReturnCapacity::none;
};

void read_token(const Request& json, TransactionRequest& request, Constraints& constraints) {
  if (!json.has(Field::client_request_token)) return;
  const std::string_view token = json.text(Field::client_request_token);
  if (token.empty())
    constraints.fail(token, "clientRequestToken", "Member must have length greater than or equal to 1");
  if (token.size() > 36)
    constraints.fail(token, "clientRequestToken", "Member must have length less than or equal to 36");
  if (json.has(Field::transact_statements))
    request.token = {std::string(token), fingerprint_of(json.element(Field::transact_statements))};
}

TransactionRequest read_request(std::string_view body) {
  Request json(body,
               field_set({Field::transact_statements, Field::client_request_token, Field::return_consumed_capacity}));
  TransactionRequest request;
  Constraints constraints;
  constexpr std::string_view kList = "transactStatements";
  if (!json.has(Field::transact_statements)) {
    constraints.fail_null(kList);
  } else {
    const simdjson::dom::array list = want_list(json.element(Field::transact_statements));
    if (list.size() == 0) constraints.fail("[]", kList, "Member must have length greater than or equal to 1");
    if (list.size() > kMaxTransactItems)
      constraints.fail(java_list_text("ParameterizedStatement", list), kList,
                       "Member must have length less than or equal to 100");
    for (simdjson::dom::element element : list) {
      const MemberPath path{kList, request.statements.size() + 1, {}};
      const Request member(want_listed_structure(element, "ParameterizedStatement"),
                           kStatementFields & ~field_set({Field::consistent_read}), path);
      request.statements.push_back(read_statement(member, path, constraints));
    }
  }
  read_token(json, request, constraints);
  request.return_capacity = json.return_capacity(constraints);
  constraints.throw_if_any();
  return request;
}

/// One statement of the transaction.
struct Member {
  std::unique_ptr<PreparedStatement> statement;
  TablePtr table;        ///< null if there is none of this name
  WriteRequest write;    ///< of writes and checks
  std::string key_item;  ///< of reads
};
using Members = std::deque<Member>;

/// Calls `work(member)` for each; what a statement is refused for names the statement.
template <class Work>
void for_each_validated(Members& members, Work work) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    try {
      work(members[i], i);
    } catch (const AwsError& error) {
      if (&error.kind() != &kValidationException) throw;
      throw_validation("Validation failed in TransactStatements[" + std::to_string(i) + "]: " + error.message());
    }
  }
}

void prepare(TransactionRequest& request, Members& members) {
  for (const StatementInput& input : request.statements)
    if (input.parameter_error) throw *input.parameter_error;
  members.resize(request.statements.size());
  for_each_validated(members, [&](Member& member, std::size_t i) {
    member.statement = std::make_unique<PreparedStatement>(std::move(request.statements[i]));
    member.statement->projection();  // for its errors
    if (member.statement->kind() == StatementKind::exists && member.statement->statement().index)
      throw_validation("Operations on indices are not supported in transactions");
  });
  bool reads = false, writes = false;
  for (const Member& member : members) (member.statement->statement().is_read() ? reads : writes) = true;
  if (reads && writes)
    throw_validation("ExecuteTransaction API does not support both read and write operations in the same request.");
}

void find_tables(State& state, const service::Call& call, Members& members) {
  for (Member& member : members) {
    try {
      member.table = table_for_items(state, call, member.statement->statement().table);
    } catch (const AwsError& error) {
      if (&error.kind() != &kResourceNotFound) throw;
    }
  }
}

void plan_read(Member& member) {
  if (member.statement->statement().index) throw_validation("Reads on indices are not supported within transactions.");
  PointRead point = find_point(*member.statement, *member.table, false);
  if (!point.only_key)
    throw_validation("Select statements within ExecuteTransaction must specify the primary key in the where clause.");
  member.key_item = std::move(point.key_item);
}

void plan_write(Member& member) {
  if (member.statement->statement().returning != Returning::none)
    throw_validation("RETURNING clause is not supported in ExecuteTransaction.");
  if (member.statement->kind() == StatementKind::exists) {
    const NamedKey key = find_key(member.statement->where(), *member.table, false);
    if (!key.complete || key.nothing_else)
      throw_validation("EXISTS() must contain a single item read with additional condition");
  }
  fill_write(*member.statement, *member.table, member.write);
}

/// Everything that a statement can be refused for, then the tables that are missing, which cancel the transaction.
void plan(Members& members) {
  std::vector<CancellationReason> reasons(members.size());
  for_each_validated(members, [&](Member& member, std::size_t i) {
    if (!member.table) reasons[i] = {"ResourceNotFound", "Requested resource not found", {}};
    else if (member.statement->statement().is_read()) plan_read(member);
    else plan_write(member);
  });
  throw_if_cancelled(reasons);
}

/// A failed INSERT cancels as a duplicate, not as a condition that failed.
AwsError with_duplicates(const AwsError& error, const Members& members) {
  boost::json::object shape = error.members();
  const auto reasons = shape.find("CancellationReasons");
  if (reasons == shape.end()) return error;
  std::string codes;
  boost::json::array& list = reasons->value().as_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    boost::json::object& reason = list[i].as_object();
    if (members[i].statement->kind() == StatementKind::insert && reason["Code"] == "ConditionalCheckFailed") {
      reason["Code"] = "DuplicateItem";
      reason["Message"] = "Duplicate primary key exists in table";
      reason.erase("Item");
    }
    if (i > 0) codes += ", ";
    codes += std::string_view(reason["Code"].as_string());
  }
  return AwsError(error.kind(),
                  "Transaction cancelled, please refer cancellation reasons for specific reasons [" + codes + "]",
                  std::move(shape));
}

Task<TransactOutcome> run_writes(State& state, const service::Call& call, const Members& members,
                                 std::optional<ClientToken> token) {
  std::vector<TransactWrite> writes;
  for (const Member& member : members)
    writes.push_back({member.table, write_kind(member.statement->kind()),
                      member.statement->kind() == StatementKind::exists, &member.write});
  try {
    co_return co_await run_transact_writes(state, call, std::move(writes), std::move(token));
  } catch (const AwsError& error) {
    if (&error.kind() != &kTransactionCanceled) throw;
    throw with_duplicates(error, members);
  }
}

Task<service::Reply> write_all(State& state, service::Call& call, const TransactionRequest& request,
                               const Members& members) {
  const TransactOutcome outcome = co_await run_writes(state, call, members, request.token);
  add_usage(call.usage, outcome.replayed ? Units::read : Units::write, outcome.tables);
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacities(json, request.return_capacity, outcome.tables,
                             outcome.replayed ? "ReadCapacityUnits" : "WriteCapacityUnits");
  // Measured on AWS: a transaction of writes answers with an empty list, not with one entry for each.
  json += "\"Responses\":[]}";
  co_return reply;
}

Task<service::Reply> read_all(State& state, service::Call& call, const TransactionRequest& request,
                              const Members& members) {
  std::vector<TransactRead> reads;
  for (const Member& member : members) reads.push_back({member.table, member.key_item});
  const std::vector<std::string> items = co_await run_transact_reads(state, std::move(reads));
  std::vector<TableConsumption> tables;
  std::string responses;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const TablePtr& table = members[i].table;
    std::size_t entry = 0;
    while (entry < tables.size() && tables[entry].table->id != table->id) ++entry;
    if (entry == tables.size()) tables.push_back({table, {}});
    const wire::ItemView item(items[i]);
    // AWS bills two of everything: one to prepare, one to commit.
    tables[entry].consumption.table += 2 * read_units(item.empty() ? 0 : wire::item_size(item), true);
    responses += i ? ",{" : "{";
    if (!item.empty()) {
      responses += "\"Item\":";
      append_row(*members[i].statement, item, responses);
    }
    responses += '}';
  }
  add_usage(call.usage, Units::read, tables);
  service::Reply reply;
  std::string& json = reply.raw.emplace("{");
  append_consumed_capacities(json, request.return_capacity, tables, "ReadCapacityUnits");
  json += "\"Responses\":[" + responses + "]}";
  co_return reply;
}

}  // namespace

Task<service::Reply> execute_transaction(State& state, service::Call& call) {
  TransactionRequest request = read_request(call.body);
  Members members;
  prepare(request, members);
  find_tables(state, call, members);
  plan(members);
  if (members.front().statement->statement().is_read()) co_return co_await read_all(state, call, request, members);
  co_return co_await write_all(state, call, request, members);
}

}  // namespace brume::dynamodb
