// Users.
#include "base/text.h"
#include "iam/control.h"
#include "iam/errors.h"
#include "iam/identifiers.h"

namespace brume::iam {
namespace {

constexpr std::size_t kUsersMax = 5000;

/// Moves every record under `from` to the same place under `to`.
void move_records(store::Transaction& transaction, const std::string& from, const std::string& to) {
  std::vector<std::pair<std::string, std::string>> records;
  for (auto cursor = transaction.scan(store::Range::of_prefix(from)); cursor->valid(); cursor->next())
    records.emplace_back(cursor->key().substr(from.size()), cursor->value());
  for (const auto& [suffix, value] : records) {
    transaction.erase(from + suffix);
    transaction.put(to + suffix, value);
  }
}

/// Gives a user's keys and policies its new name.
void carry_over(store::Transaction& transaction, const std::string& account, const std::string& old_name,
                const json::object& user) {
  const std::string name = text(user, "UserName");
  const bool moves = lower(old_name) != lower(name);
  for (const std::string& id : key_suffixes(transaction, user_key_prefix(account, old_name), 100)) {
    auto record = read_record(transaction, credential_key(id));
    transaction.erase(user_key_key(account, old_name, id));
    if (record) write_user_key(transaction, user, std::move(*record), account);
  }
  if (!moves) return;
  for (const std::string& arn : key_suffixes(transaction, attached_prefix(Kind::user, account, old_name), 1000)) {
    transaction.erase(attachment_key(account, arn, Kind::user, old_name));
    transaction.put(attachment_key(account, arn, Kind::user, name), {});
  }
  move_records(transaction, attached_prefix(Kind::user, account, old_name), attached_prefix(Kind::user, account, name));
  move_records(transaction, inline_prefix(Kind::user, account, old_name), inline_prefix(Kind::user, account, name));
}

}  // namespace

void add_user(store::Transaction& transaction, std::string_view account, const json::object& user) {
  const std::string name = text(user, "UserName"), key = entity_key(Kind::user, account, name);
  if (read_record(transaction, key)) throw already_exists("User with name " + name + " already exists.");
  if (count_keys(transaction, entity_prefix(Kind::user, account)) >= kUsersMax)
    throw quota_exceeded("UsersPerAccount", kUsersMax);
  write_record(transaction, key, user);
}

json::object Control::new_user_record(std::string_view partition, const std::string& account, const std::string& path,
                                      const std::string& name) {
  return {{"Path", path},
          {"UserName", name},
          {"UserId", new_unique_id(random_, "AIDA")},
          {"Arn", iam_arn(partition, account, "user", path, name)},
          {"CreateDate", now()}};
}

Task<service::Reply> Control::create_user(Call& call) {
  json::object user = new_user_record(service::partition_of(call.region), call.account(), checked_path(call.input),
                                      text(call.input, "UserName"));
  set_tags(user, call.input);
  return change(call.account(), [account = call.account(), user](store::Transaction& transaction) {
    add_user(transaction, account, user);
    return json::object{{"User", user}};
  });
}

Task<service::Reply> Control::get_user(Call& call) {
  const std::string account = call.account();
  if (text(call.input, "UserName").empty() && is_root(call.caller.arn, account))
    return read([account, arn = call.caller.arn](store::Reader& reader) {
      const auto installation = read_record(reader, installation_key());
      json::object root{{"UserId", account}, {"Arn", arn}, {"Path", "/"}};
      if (installation) copy_member(*installation, root, "CreateDate");
      return json::object{{"User", std::move(root)}};
    });
  return read([account, name = user_name_of(call)](store::Reader& reader) {
    return json::object{{"User", require_entity(reader, Kind::user, account, name)}};
  });
}

Task<service::Reply> Control::list_users(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    auto make = [&](std::string_view, std::string_view value) -> std::optional<json::value> {
      json::object user = decode_record(value);
      if (!under_prefix(input, user)) return std::nullopt;
      user.erase("Tags");  // as AWS: tags are told of one user at a time
      return user;
    };
    return page_of_keys(reader, entity_prefix(Kind::user, account), input, "Users", make);
  });
}

Task<service::Reply> Control::update_user(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    json::object user = require_entity(transaction, Kind::user, account, text(input, "UserName"));
    const std::string old_name = text(user, "UserName"), new_name = text(input, "NewUserName");
    if (!text(input, "NewPath").empty()) user["Path"] = text(input, "NewPath");
    if (!new_name.empty()) user["UserName"] = new_name;
    if (!new_name.empty() && lower(new_name) != lower(old_name)) {
      if (read_record(transaction, entity_key(Kind::user, account, new_name)))
        throw already_exists("User with name " + new_name + " already exists.");
      transaction.erase(entity_key(Kind::user, account, old_name));
    }
    const std::string name = text(user, "UserName");
    const std::string old_arn = text(user, "Arn");
    user["Arn"] = iam_arn(Arn::parse(old_arn)->partition, account, "user", text(user, "Path"), name);
    write_record(transaction, entity_key(Kind::user, account, name), user);
    carry_over(transaction, account, old_name, user);
    return json::object{};
  });
}

Task<service::Reply> Control::delete_user(Call& call) {
  return change(call.account(),
                [account = call.account(), name = text(call.input, "UserName")](store::Transaction& transaction) {
                  require_entity(transaction, Kind::user, account, name);
                  if (any_key(transaction, user_key_prefix(account, name)))
                    throw delete_conflict("Cannot delete entity, must delete access keys first.");
                  require_no_policies(transaction, Kind::user, account, name);
                  transaction.erase(entity_key(Kind::user, account, name));
                  return json::object{};
                });
}

}  // namespace brume::iam
