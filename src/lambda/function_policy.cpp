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
                     "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to "
                     "retrieve the latest Revision Id");
}

/// What stands in for aliases and versions while there are none. Errors: as AWS tells of those that do not exist.
void require_no_alias(const FunctionName& name) {
  const std::string_view q = name.qualifier;
  if (q.empty() || q == "$LATEST") return;
  const bool number = q.find_first_not_of("0123456789") == q.npos;
  if (number || q.find('$') != q.npos) throw not_found(name.arn());
  throw user_error(kResourceNotFound, "Cannot find alias arn: " + name.arn());
}

}  // namespace

Task<Reply> Lambda::Impl::add_permission(Call& call) {
  const FunctionName name = name_of(call);
  if (name.qualifier == "$LATEST") throw invalid_parameter("We currently do not support adding policies for $LATEST.");
  require({name.id, {}});
  require_no_alias(name);
  const FunctionId id = name.id;
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
  const FunctionName name = name_of(call);
  const FunctionId id = name.id;
  if (!registry.find(id)) throw user_error(kResourceNotFound, "No policy found for: " + id.arn());
  require_no_alias(name);
  const std::string sid = text(call.input, "StatementId");
  const std::string revision = random.uuid();
  co_await registry.change(id, [&](FunctionRecord& record) {
    require_policy_revision(record, call.input);
    if (record.policy.empty()) throw user_error(kResourceNotFound, "No policy is associated with the given resource.");
    const json::value* found = find_statement(record.policy, sid);
    if (!found) throw user_error(kResourceNotFound, "Statement " + sid + " is not found in resource policy.");
    record.policy.erase(record.policy.begin() + (found - record.policy.data()));
    record.policy_revision = revision;
  });
  co_return Reply{};
}

Task<Reply> Lambda::Impl::get_policy(Call& call) {
  const FunctionName name = name_of(call);
  FunctionPtr function = registry.find(name.id);
  if (function && !function->damage.empty()) throw unusable(name.id.arn());
  if (!function || function->record.policy.empty() || (!name.qualifier.empty() && name.qualifier != "$LATEST"))
    throw user_error(kResourceNotFound, "The resource you requested does not exist.");
  Reply reply;
  reply.output["Policy"] = policy_document(function->record.policy);
  reply.output["RevisionId"] = function->record.policy_revision;
  co_return reply;
}

}  // namespace brume::lambda
