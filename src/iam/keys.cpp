#include "iam/keys.h"

#include "base/text.h"
#include "base/bytes.h"
#include "store/key_spaces.h"

namespace brume::iam {
namespace {

std::string start(char letter) { return {store::kIamSpace, letter}; }

using store::append_part;

std::string of_entity(char letter, Kind kind, std::string_view account, std::string_view name) {
  std::string key = start(letter);
  key += static_cast<char>(kind);
  append_part(key, account);
  append_part(key, lower(name));
  return key;
}

}  // namespace

std::string entity_prefix(Kind kind, std::string_view account) {
  std::string key = start(static_cast<char>(kind));
  append_part(key, account);
  return key;
}

std::string entity_key(Kind kind, std::string_view account, std::string_view name) {
  return entity_prefix(kind, account) + lower(name);
}

std::string inline_prefix(Kind kind, std::string_view account, std::string_view name) {
  return of_entity('n', kind, account, name);
}

std::string inline_key(Kind kind, std::string_view account, std::string_view name, std::string_view policy) {
  return inline_prefix(kind, account, name) + lower(policy);
}

std::string attached_prefix(Kind kind, std::string_view account, std::string_view name) {
  return of_entity('a', kind, account, name);
}

std::string attached_key(Kind kind, std::string_view account, std::string_view name, std::string_view policy_arn) {
  return attached_prefix(kind, account, name).append(policy_arn);
}

std::string attachment_prefix(std::string_view account) {
  std::string key = start('b');
  append_part(key, account);
  return key;
}

std::string attachment_prefix(std::string_view account, std::string_view policy_arn) {
  std::string key = attachment_prefix(account);
  append_part(key, policy_arn);
  return key;
}

std::string attachment_key(std::string_view account, std::string_view policy_arn, Kind kind, std::string_view name) {
  std::string key = attachment_prefix(account, policy_arn);
  key += static_cast<char>(kind);
  return key + lower(name);
}

std::string policy_prefix(std::string_view account) {
  std::string key = start('p');
  append_part(key, account);
  return key;
}

std::string policy_key(std::string_view account, std::string_view name) { return policy_prefix(account) + lower(name); }

std::string version_prefix(std::string_view account, std::string_view name) {
  std::string key = start('v');
  append_part(key, account);
  append_part(key, lower(name));
  return key;
}

std::string version_key(std::string_view account, std::string_view name, std::uint32_t number) {
  std::string key = version_prefix(account, name);
  append_big_endian(key, number);
  return key;
}

store::Range credential_records() { return store::Range::of_prefix(start('k')); }
store::Range role_records() { return store::Range::of_prefix(start(static_cast<char>(Kind::role))); }

std::string credential_key(std::string_view access_key_id) { return start('k').append(access_key_id); }

std::string user_key_prefix(std::string_view account, std::string_view user) {
  std::string key = start('l');
  append_part(key, account);
  append_part(key, lower(user));
  return key;
}

std::string user_key_key(std::string_view account, std::string_view user, std::string_view access_key_id) {
  return user_key_prefix(account, user).append(access_key_id);
}

std::string expiry_prefix() { return start('e'); }

std::string expiry_key(std::uint64_t expiry_millis, std::string_view access_key_id) {
  std::string key = expiry_prefix();
  append_big_endian(key, expiry_millis);
  return key.append(access_key_id);
}

std::uint64_t expiry_of(std::string_view key) { return read_big_endian<std::uint64_t>(key.data() + 2); }
std::string_view access_key_of_expiry(std::string_view key) { return key.substr(2 + sizeof(std::uint64_t)); }

std::string installation_key() { return start('o'); }
std::string account_lock(std::string_view account) { return start('w').append(account); }

}  // namespace brume::iam
