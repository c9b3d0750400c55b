#include "iam/sts/sts.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "iam/errors.h"
#include "iam/identifiers.h"
#include "iam/sts/replies.h"

namespace brume::iam {
namespace {

constexpr std::int64_t kSessionTokenDefault = 43'200;
constexpr std::int64_t kRootSessionMax = 3600;

}  // namespace

json::object credentials_output(const StoredCredential& credential) {
  json::object out{{"AccessKeyId", credential.access_key_id},
                   {"SecretAccessKey", credential.secret_access_key},
                   {"SessionToken", credential.session_token}};
  if (credential.expires) out["Expiration"] = static_cast<double>(unix_millis(*credential.expires) / 1000);
  return out;
}

void refuse_mfa(const json::object& input) {
  if (text(input, "SerialNumber").empty() && text(input, "TokenCode").empty()) return;
  throw denied(
      "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is "
      "valid and associated with this user.");
}

Task<Sts::Identity> Sts::identify(service::Caller caller) {
  const std::optional<StoredCredential> known = co_await credentials_.find(caller.access_key_id);
  if (known) co_return Identity{known->account, known->arn, known->user_id, known->expires.has_value()};
  co_return Identity{caller.account, caller.arn, caller.user_id, false};
}

std::optional<json::object> Sts::taken_at_its_word(const std::string& role_arn, std::string_view account) {
  constexpr std::size_t kWarnedMax = 1000;
  const auto arn = Arn::parse(std::string_view(role_arn));
  if (!any_role_ || arn->account != account) return std::nullopt;
  {
    std::lock_guard lock(mutex_);
    if (warned_.size() < kWarnedMax && warned_.insert(role_arn).second)
      log_warn("role_missing",
               {{"role", role_arn}, {"note", "no such role: taken at its word, as --auth open takes credentials"}});
  }
  const std::string digest = sha256_hex(role_arn);
  std::string id = "AROA";
  for (std::size_t i = 0; i < 17; ++i)
    id += kAccessKeyAlphabet[static_cast<unsigned char>(digest[i] * 7 + digest[i + 17]) % kAccessKeyAlphabet.size()];
  return json::object{{"Arn", role_arn}, {"RoleName", arn->name()}, {"RoleId", id}};
}

Task<service::Reply> Sts::get_caller_identity(Call& call) {
  const Identity who = co_await identify(call.caller);
  Reply reply;
  reply.output["UserId"] = who.user_id;
  reply.output["Account"] = who.account;
  reply.output["Arn"] = who.arn;
  co_return reply;
}

Task<service::Reply> Sts::get_access_key_info(Call& call) {
  const std::string id = text(call.input, "AccessKeyId");
  const std::optional<StoredCredential> known = co_await credentials_.find(id);
  const std::optional<std::string> account = known ? known->account : account_of_access_key(id);
  if (!account) throw validation_error("Invalid Access Key ID: " + id);
  Reply reply;
  reply.output["Account"] = *account;
  co_return reply;
}

Task<service::Reply> Sts::get_session_token(Call& call) {
  refuse_mfa(call.input);
  const Identity who = co_await identify(call.caller);
  if (who.temporary) throw denied("Cannot call GetSessionToken with session credentials");
  std::int64_t seconds = whole(call.input, "DurationSeconds", kSessionTokenDefault);
  if (is_root(who.arn, who.account)) seconds = std::min(seconds, kRootSessionMax);
  Credentials::Session session{who.account, who.arn, who.user_id, {}, std::chrono::seconds(seconds)};
  const StoredCredential made = co_await credentials_.issue(std::move(session));
  Reply reply;
  reply.output["Credentials"] = credentials_output(made);
  co_return reply;
}

}  // namespace brume::iam
