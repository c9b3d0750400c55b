// AddPermission, RemovePermission, GetPolicy.
#include <boost/json.hpp>

#include "lambda/impl.h"
#include "base/json_members.h"
#include "lambda/policy.h"

namespace brume::lambda {
namespace json = boost::json;
using service::Call;
using service::Reply;
namespace {

json::value* find_statement(json::array& statements, std::string_view id) {
  for (auto& statement : statements)
    if (text_view(statement.as_object(), "Sid") == id) return &statement;
  return nullptr;
}

void require_policy_revision(const FunctionRecord& record, const json::object& input) {
  const std::string_view wanted = text_view(input, "RevisionId");
  if (!wanted.empty() && wanted != record.policy_revision)
    throw user_error(kPreconditionFailed,
                     "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve "
                     "the latest RevisionId for your resource.");
}

}  // namespace

Task<Reply> Lambda::Impl::add_permission(Call& call) {
  const FunctionId id = latest_of(call);
  const json::object statement = make_statement(call.input, id.arn());
  const std::string sid = text(call.input, "StatementId");
  const std::string revision = random.uuid();
  co_await registry.change(id, [&](FunctionRecord& record) {
    require_policy_revision(record, call.input);
    if (find_statement(record.policy, sid))
      throw user_error(kResourceConflict,
                       "The statement id (" + sid +
                           ") provided already exists. Please provide a new statement id, or remove the existing "
                           "statement.");
    record.policy.push_back(statement);
    record.policy_revision = revision;
  });
  Reply reply;
  reply.status = 201;
  reply.output["Statement"] = json::serialize(statement);
  co_return reply;
}

Task<Reply> Lambda::Impl::remove_permission(Call& call) {
  const FunctionId id = latest_of(call);
  const std::string sid = text(call.input, "StatementId");
  const std::string revision = random.uuid();
  co_await registry.change(id, [&](FunctionRecord& record) {
    require_policy_revision(record, call.input);
    const json::value* found = find_statement(record.policy, sid);
    if (!found) throw user_error(kResourceNotFound, "Statement " + sid + " is not found in resource policy.");
    record.policy.erase(record.policy.begin() + (found - record.policy.data()));
    record.policy_revision = revision;
  });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::get_policy(Call& call) {
  FunctionPtr function = require(name_of(call));
  if (function->record.policy.empty())
    throw user_error(kResourceNotFound, "The resource you requested does not exist.");
  Reply reply;
  reply.output["Policy"] = policy_document(function->record.policy);
  reply.output["RevisionId"] = function->record.policy_revision;
  co_return reply;
}

}  // namespace brume::lambda
