#include "iam/control.h"

#include <set>

#include "base/text.h"
#include "iam/errors.h"
#include "iam/identifiers.h"

namespace brume::iam {

Task<service::Reply> Control::change(std::string account, std::function<json::object(store::Transaction&)> body) {
  Reply reply;
  reply.output = co_await store_.run(store::lock_on(account_lock(account)), std::move(body));
  co_return reply;
}

Task<service::Reply> Control::read(std::function<json::object(store::Reader&)> body) {
  Reply reply;
  reply.output = co_await store_.read(std::move(body));
  co_return reply;
}

std::string_view name_member(Kind kind) { return kind == Kind::role ? "RoleName" : "UserName"; }

json::object require_entity(store::Reader& reader, Kind kind, std::string_view account, std::string_view name) {
  if (auto record = read_record(reader, entity_key(kind, account, name))) return std::move(*record);
  const std::string_view what = kind == Kind::role ? "role" : "user";
  throw no_such_entity(std::string("The ").append(what).append(" with name ").append(name).append(" cannot be found."));
}

std::string checked_path(const json::object& input) {
  const std::string path = text(input, "Path");
  return path.empty() ? "/" : path;
}

bool under_prefix(const json::object& input, const json::object& record) {
  return text(record, "Path").starts_with(text(input, "PathPrefix"));
}

void set_tags(json::object& record, const json::object& input) {
  const json::array* tags = array_member(input, "Tags");
  if (!tags || tags->empty()) return;
  std::set<std::string> keys;
  for (const json::value& tag : *tags)
    if (!keys.insert(lower(text(tag.as_object(), "Key"))).second)
      throw invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  record["Tags"] = *tags;
}

void require_no_policies(store::Reader& reader, Kind kind, std::string_view account, std::string_view name) {
  if (any_key(reader, attached_prefix(kind, account, name)))
    throw delete_conflict("Cannot delete entity, must detach all policies first.");
  if (any_key(reader, inline_prefix(kind, account, name)))
    throw delete_conflict("Cannot delete entity, must delete policies first.");
}

Task<Control::Reply> Control::run(Task<Reply> (Control::*operation)(Call&), Call& call) {
  if (is_root(call.caller.arn, call.account())) {
    const std::optional<StoredCredential> known = co_await credentials_.find(call.caller.access_key_id);
    if (known && known->account == call.account()) {
      call.caller.arn = known->arn;
      call.caller.user_id = known->user_id;
    }
  }
  co_return co_await (this->*operation)(call);
}

std::string user_name_of(const service::Call& call) {
  std::string name = text(call.input, "UserName");
  if (!name.empty()) return name;
  const auto caller = Arn::parse(call.caller.arn);
  if (!caller || caller->kind() != "user")
    throw validation_error("Must specify userName when calling with non-User credentials");
  return std::string(caller->name());
}

}  // namespace brume::iam
