// Policies that belong to one role or user.
#include "base/encoding.h"
#include "iam/control.h"
#include "iam/errors.h"
#include "iam/policy_document.h"

namespace brume::iam {
namespace {

/// Of all inline policies of one entity together.
std::size_t size_limit(Kind kind) { return kind == Kind::role ? 10'240 : 2048; }
std::string_view word(Kind kind) { return kind == Kind::role ? "role" : "user"; }

AwsError policy_absent(Kind kind, const std::string& policy) {
  return no_such_entity("The " + std::string(word(kind)) + " policy with name " + policy + " cannot be found.");
}

std::size_t size_of_others(store::Reader& reader, const std::string& prefix, const std::string& but) {
  std::size_t total = 0;
  for (auto cursor = reader.scan(store::Range::of_prefix(prefix)); cursor->valid(); cursor->next())
    if (cursor->key() != but) total += policy_size(text(decode_record(cursor->value()), "PolicyDocument"));
  return total;
}

}  // namespace

Task<service::Reply> Control::put_inline_policy(Kind kind, Call& call) {
  return change(call.account(), [kind, account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, name_member(kind)), policy = text(input, "PolicyName");
    const std::string document = text(input, "PolicyDocument");
    require_entity(transaction, kind, account, name);
    check_identity_policy(document);
    const std::string key = inline_key(kind, account, name, policy);
    const std::size_t others = size_of_others(transaction, inline_prefix(kind, account, name), key);
    if (others + policy_size(document) > size_limit(kind))
      throw AwsError(kLimitExceeded, "Maximum policy size of " + std::to_string(size_limit(kind)) +
                                         " bytes exceeded for " + std::string(word(kind)) + " " + name);
    write_record(transaction, key, {{"PolicyName", policy}, {"PolicyDocument", document}});
    return json::object{};
  });
}

Task<service::Reply> Control::get_inline_policy(Kind kind, Call& call) {
  return read([kind, account = call.account(), input = call.input](store::Reader& reader) {
    const std::string policy = text(input, "PolicyName");
    const json::object entity = require_entity(reader, kind, account, text(input, name_member(kind)));
    const std::string name = text(entity, name_member(kind));
    const auto record = read_record(reader, inline_key(kind, account, name, policy));
    if (!record) throw policy_absent(kind, policy);
    return json::object{{name_member(kind), name},
                        {"PolicyName", text(*record, "PolicyName")},
                        {"PolicyDocument", percent_encode(text(*record, "PolicyDocument"))}};
  });
}

Task<service::Reply> Control::list_inline_policies(Kind kind, Call& call) {
  return read([kind, account = call.account(), input = call.input](store::Reader& reader) {
    const std::string name = text(input, name_member(kind));
    require_entity(reader, kind, account, name);
    auto make = [](std::string_view, std::string_view value) -> std::optional<json::value> {
      return json::value(text(decode_record(value), "PolicyName"));
    };
    return page_of_keys(reader, inline_prefix(kind, account, name), input, "PolicyNames", make);
  });
}

Task<service::Reply> Control::delete_inline_policy(Kind kind, Call& call) {
  return change(call.account(), [kind, account = call.account(), input = call.input](store::Transaction& transaction) {
    const std::string name = text(input, name_member(kind)), policy = text(input, "PolicyName");
    require_entity(transaction, kind, account, name);
    const std::string key = inline_key(kind, account, name, policy);
    if (!read_record(transaction, key)) throw policy_absent(kind, policy);
    transaction.erase(key);
    return json::object{};
  });
}

}  // namespace brume::iam
