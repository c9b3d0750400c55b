// Tags of roles, users and managed policies.
#include <algorithm>

#include "base/text.h"
#include "iam/control.h"
#include "iam/errors.h"

namespace brume::iam {
namespace {

constexpr std::size_t kTagsMax = 50;

/// Tag keys are told apart without regard to case; the last writing of a key stays.
void add_tags(json::object& record, const json::array& more) {
  const json::array* old = array_member(record, "Tags");
  json::array tags = old ? *old : json::array();
  json::object check;
  set_tags(check, json::object{{"Tags", more}});
  for (const json::value& tag : more) {
    const std::string key = lower(text(tag.as_object(), "Key"));
    const auto same = std::find_if(tags.begin(), tags.end(),
                                   [&](const json::value& t) { return lower(text(t.as_object(), "Key")) == key; });
    if (same == tags.end()) tags.push_back(tag);
    else *same = tag;
  }
  if (tags.size() > kTagsMax) throw AwsError(kLimitExceeded, "The number of tags has reached the maximum limit of 50.");
  record["Tags"] = std::move(tags);
}

void remove_tags(json::object& record, const json::array& keys) {
  const json::array* old = array_member(record, "Tags");
  if (!old) return;
  json::array left;
  for (const json::value& tag : *old) {
    const std::string key = lower(text(tag.as_object(), "Key"));
    const bool goes = std::any_of(keys.begin(), keys.end(),
                                  [&](const json::value& k) { return lower(std::string_view(k.as_string())) == key; });
    if (!goes) left.push_back(tag);
  }
  if (left.empty()) record.erase("Tags");
  else record["Tags"] = std::move(left);
}

json::object tags_output(const json::object& record, const json::object& input) {
  std::vector<std::pair<std::string, json::value>> items;
  if (const json::array* tags = array_member(record, "Tags"))
    for (const json::value& tag : *tags) items.emplace_back(text(tag.as_object(), "Key"), tag);
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return page_of_items(std::move(items), input, "Tags");
}

}  // namespace

Task<service::Reply> Control::tag_entity(Kind kind, Call& call) {
  return change(call.account(), [kind, account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, name_member(kind));
    json::object record = require_entity(transaction, kind, account, name);
    add_tags(record, *array_member(input, "Tags"));
    write_record(transaction, entity_key(kind, account, name), record);
    return json::object{};
  });
}

Task<service::Reply> Control::untag_entity(Kind kind, Call& call) {
  return change(call.account(), [kind, account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, name_member(kind));
    json::object record = require_entity(transaction, kind, account, name);
    remove_tags(record, *array_member(input, "TagKeys"));
    write_record(transaction, entity_key(kind, account, name), record);
    return json::object{};
  });
}

Task<service::Reply> Control::list_entity_tags(Kind kind, Call& call) {
  return read([kind, account = call.account(), input = call.input](store::Reader& reader) {
    return tags_output(require_entity(reader, kind, account, text(input, name_member(kind))), input);
  });
}

Task<service::Reply> Control::tag_role(Call& call) { return tag_entity(Kind::role, call); }
Task<service::Reply> Control::untag_role(Call& call) { return untag_entity(Kind::role, call); }
Task<service::Reply> Control::list_role_tags(Call& call) { return list_entity_tags(Kind::role, call); }
Task<service::Reply> Control::tag_user(Call& call) { return tag_entity(Kind::user, call); }
Task<service::Reply> Control::untag_user(Call& call) { return untag_entity(Kind::user, call); }
Task<service::Reply> Control::list_user_tags(Call& call) { return list_entity_tags(Kind::user, call); }

Task<service::Reply> Control::tag_policy(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    json::object policy = require_own_policy(transaction, account, text(input, "PolicyArn"));
    add_tags(policy, *array_member(input, "Tags"));
    write_policy(transaction, account, policy);
    return json::object{};
  });
}

Task<service::Reply> Control::untag_policy(Call& call) {
  return change(call.account(), [account = call.account(), input = call.input](store::Transaction& transaction) {
    json::object policy = require_own_policy(transaction, account, text(input, "PolicyArn"));
    remove_tags(policy, *array_member(input, "TagKeys"));
    write_policy(transaction, account, policy);
    return json::object{};
  });
}

Task<service::Reply> Control::list_policy_tags(Call& call) {
  return read([account = call.account(), input = call.input](store::Reader& reader) {
    return tags_output(require_policy(reader, account, text(input, "PolicyArn")), input);
  });
}

}  // namespace brume::iam
