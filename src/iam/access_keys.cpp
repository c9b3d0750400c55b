// Users' access keys.
#include <algorithm>

#include "base/text.h"
#include "iam/control.h"
#include "iam/errors.h"
#include "iam/identifiers.h"

namespace brume::iam {
namespace {

constexpr std::size_t kKeysMax = 2;

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@-").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// A key of this user. Errors: NoSuchEntity.
json::object require_key(store::Reader& reader, const std::string& account, const std::string& user,
                         const std::string& id) {
  require_entity(reader, Kind::user, account, user);
  auto record = read_record(reader, credential_key(id));
  if (!record || text(*record, "Account") != account || lower(text(*record, "UserName")) != lower(user))
    throw no_such_entity("The Access Key with id " + id + " cannot be found.");
  return std::move(*record);
}

/// Adds `record` to the keys of `user`; the record as written.
json::object add_key(store::Transaction& transaction, const std::string& account, const json::object& user,
                     json::object record) {
  if (count_keys(transaction, user_key_prefix(account, text(user, "UserName"))) >= kKeysMax)
    throw quota_exceeded("AccessKeysPerUser", kKeysMax);
  write_user_key(transaction, user, record, account);
  return *read_record(transaction, credential_key(text(record, "AccessKeyId")));
}

json::object members(const json::object& record, std::initializer_list<std::string_view> names) {
  json::object out;
  for (std::string_view name : names) copy_member(record, out, name);
  return out;
}

}  // namespace

void write_user_key(store::Transaction& transaction, const json::object& user, json::object record,
                    std::string_view account) {
  const std::string id = text(record, "AccessKeyId"), name = text(user, "UserName");
  record["UserName"] = name;
  record["Arn"] = text(user, "Arn");
  record["UserId"] = text(user, "UserId");
  write_record(transaction, credential_key(id), record);
  transaction.put(user_key_key(account, name, id), {});
}

json::object Control::new_key_record(const std::string& account) {
  return {{"AccessKeyId", new_access_key_id(random_, "AKIA", account)},
          {"SecretAccessKey", new_secret(random_)},
          {"Account", account},
          {"Status", "Active"},
          {"CreateDate", now()}};
}

Task<service::Reply> Control::create_access_key(Call& call) {
  return change(call.account(), [account = call.account(), name = user_name_of(call),
                                 key = new_key_record(call.account())](store::Transaction& transaction) {
    const json::object user = require_entity(transaction, Kind::user, account, name);
    const json::object made = add_key(transaction, account, user, key);
    return json::object{
        {"AccessKey", members(made, {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"})}};
  });
}

Task<StoredCredential> Control::create_key_for(std::string account, std::string name, std::string partition) {
  if (!is_account(account)) throw validation_error("The account must be 12 digits.");
  if (!is_user_name(name))
    throw validation_error(
        "The specified value for userName is invalid. It must contain only "
        "alphanumeric characters and/or the following: +=,.@_-");
  const json::object key = new_key_record(account);
  const json::object new_user = new_user_record(partition, account, "/", name);
  auto body = [&](store::Transaction& transaction) {
    auto user = read_record(transaction, entity_key(Kind::user, account, name));
    if (!user) {
      add_user(transaction, account, new_user);
      user = new_user;
    }
    return add_key(transaction, account, *user, key);
  };
  const json::object made = co_await store_.run(store::lock_on(account_lock(account)), body);
  co_return credential_of(made);
}

Task<service::Reply> Control::list_access_keys(Call& call) {
  return read([account = call.account(), name = user_name_of(call), input = call.input](store::Reader& reader) {
    require_entity(reader, Kind::user, account, name);
    auto make = [&](std::string_view id, std::string_view) -> std::optional<json::value> {
      const auto record = read_record(reader, credential_key(id));
      if (!record) return std::nullopt;
      return members(*record, {"UserName", "AccessKeyId", "Status", "CreateDate"});
    };
    json::object out = page_of_keys(reader, user_key_prefix(account, name), input, "AccessKeyMetadata", make);
    out["UserName"] = name;
    return out;
  });
}

Task<service::Reply> Control::update_access_key(Call& call) {
  return change(call.account(), [account = call.account(), name = user_name_of(call),
                                 input = call.input](store::Transaction& transaction) {
    const std::string id = text(input, "AccessKeyId"), status = text(input, "Status");
    if (status == "Expired") throw invalid_input("Invalid status: Expired");
    json::object record = require_key(transaction, account, name, id);
    record["Status"] = status;
    write_record(transaction, credential_key(id), record);
    return json::object{};
  });
}

Task<service::Reply> Control::delete_access_key(Call& call) {
  return change(call.account(), [account = call.account(), name = user_name_of(call),
                                 id = text(call.input, "AccessKeyId")](store::Transaction& transaction) {
    require_key(transaction, account, name, id);
    transaction.erase(credential_key(id));
    transaction.erase(user_key_key(account, name, id));
    return json::object{};
  });
}

Task<service::Reply> Control::get_access_key_last_used(Call& call) {
  return read([account = call.account(), id = text(call.input, "AccessKeyId")](store::Reader& reader) {
    const auto record = read_record(reader, credential_key(id));
    const std::string user = record && text(*record, "Account") == account ? text(*record, "UserName") : "";
    if (user.empty()) throw no_such_entity("The Access Key with id " + id + " cannot be found");
    return json::object{{"UserName", user},
                        {"AccessKeyLastUsed", json::object{{"ServiceName", "N/A"}, {"Region", "N/A"}}}};
  });
}

}  // namespace brume::iam
